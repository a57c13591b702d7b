"""What the words and columns mean."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.suite.diagnosis import DIAGNOSES
from unvanish.suite.tables.columns import FILES


def content(data: Benchmark) -> Content:
    counts = data.evaluated.diagnosis.value_counts()
    return {
        "files": FILES,
        "diagnoses": [(word, meaning, int(counts.get(word, 0))) for word, meaning in DIAGNOSES.items()],
        "tested": bool(data.conditions.p.notna().any()),
    }


SECTION = Section(
    name="terms",
    title="Words",
    short="Words",
    position=130,
    content=content,
    template="""
<dl class="words">{% for word, meaning, count in diagnoses %}<dt>{{ word }} <small>{{ count }}</small></dt><dd>{{ meaning }}</dd>{% endfor %}
<dt>score</dt><dd>0 for the task's memoryless baseline, 1 for perfect; a trial that exploded or failed has 0</dd>
<dt>steps</dt><dd>median training steps to solved: a trial that ends solved counts from the first evaluation of the validation set that met the criterion, every other one as not solved in all its steps; a dash where fewer than half of the trials solve the task</dd>
<dt>rate</dt><dd>the learning rate that tuning chose; * where it ends its grid</dd>
{% if tested %}<dt>to none</dt><dd>mean difference in score to the same network without a mitigation, over the seeds</dd>
<dt>p</dt><dd>of that difference, by a paired permutation test, corrected for the mitigations of the network on the task at the lag (Holm)</dd>{% endif %}
<dt>95 % interval</dt><dd>of the success rate, by Wilson's score</dd></dl>
<details><summary>the columns of the tables beside this page</summary>
{% for file, (what, columns) in files.items() %}
<h3>{{ file }}</h3>
<p>{{ what|capitalize }}.</p>
<dl class="words">{% for name, column in columns.items() %}<dt>{{ name }}</dt><dd>{{ column.meaning }}{% if column.unit %} <small>{{ column.unit }}</small>{% endif %}</dd>{% endfor %}</dl>
{% endfor %}
</details>
""",
)
