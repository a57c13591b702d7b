"""Recorded data: what the networks reach, beside what scikit-learn's predictors reach that see every step at once."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.statistics.against_references import against_references


def content(data: Benchmark) -> Content | None:
    compared = against_references(data.plan, data.evaluated)
    if compared.empty:
        return None
    known = data.references.sort_values("metric_value", ascending=False)
    return {"rows": [{**row, "all": records(known[(known.task == row["task"]) & (known.lag == row["lag"])])} for row in records(compared)]}


SECTION = Section(
    name="references",
    title="Real data: are the networks better than predictors that need no memory?",
    short="Real data",
    position=45,
    content=content,
    template="""
<p>No closed form says what can be known of recorded data, so scikit-learn's predictors measure it on the same test split: some see a part of a sequence, some all of its steps at once, which leaves nothing to remember.
The best of them, asked after the lag's blank steps or without them, is what a network has to be better than.
The best network is the condition with the highest median over its trials; since it is the best of many on one test split, its figure is a little too high.</p>
<table>
<thead><tr><th scope="col">task</th><th scope="col">best predictor</th><th scope="col" class="n">metric, 95 % interval</th><th scope="col">best network</th><th scope="col" class="n">median</th><th scope="col" class="n">trials above the interval</th><th scope="col">so it is</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><th scope="row">{{ row.task|words }}, lag {{ row.lag }}<br><small>{{ row.metric|words }} on {{ row.n_test }} sequences</small></th><td>{{ row.reference }}</td><td class="n">{{ row.reference_metric|number }} [{{ row.low|number }}, {{ row.high|number }}]</td><td>{{ row.model|words }}, {{ row.mitigation|words }}</td><td class="n">{{ row.metric_value|number }}</td><td class="n">{{ row.n_above }} of {{ row.n_trials }}</td><td>{{ {"better": "better than every predictor", "worse": "worse than the best predictor", "level": "no better, no worse"}[row.verdict] }}</td></tr>
{% endfor %}
</tbody>
</table>
{% for row in rows %}<p><small>{{ row.task|words }}, lag {{ row.lag }}, asked after the blank steps: {% for reference in row.all %}{{ reference.reference }} {{ reference.metric_value|number }}{{ ", " if not loop.last else "." }}{% endfor %}</small></p>{% endfor %}
""",
)
