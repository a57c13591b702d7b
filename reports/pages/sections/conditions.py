"""Every condition, in a table that sorts and filters, with its trials, their rules and the command that runs it again."""

from __future__ import annotations

import shlex

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.rows import ordered
from unvanish.reports.figures.success import anchor
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables.conditions import KEY

UNSELECTED = "unvanish run"  # the start of the command that a benchmark records


def content(data: Benchmark) -> Content:
    conditions = ordered(data.conditions, data)
    trials: dict[tuple, list[dict]] = {}
    for trial in records(data.evaluated[[*KEY, "seed", "diagnosis", "rule", "run_id"]]):
        trials.setdefault(tuple(trial[name] for name in KEY), []).append(trial)
    rows = [
        {**row, "id": anchor(*(row[name] for name in KEY)), "trials": trials.get(tuple(row[name] for name in KEY), []), "command": again(data, row)}
        for row in records(conditions)
    ]
    choices = {name: list(dict.fromkeys(conditions[name])) for name in ("task", "model", "mitigation")}
    return {"rows": rows, "choices": choices, "tested": bool(conditions.p.notna().any())}


def again(data: Benchmark, row: dict) -> str:
    """The command that trains a condition anew, into a folder of its own."""
    select = ",".join(f"{name}={row[name]}" for name in KEY)
    return shlex.join(["unvanish", "run", data.plan.profile.name, "--output", "again", "--select", select])


SECTION = Section(
    name="conditions",
    title="Every condition",
    short="Table",
    position=120,
    content=content,
    template="""
<p class="filter" hidden>
<label>find <input type="search" id="find" placeholder="rnn exploded"></label>
{% for name, values in choices.items() %}<label>{{ "network" if name == "model" else name }} <select data-column="{{ name }}"><option value="">all</option>{% for value in values %}<option value="{{ value }}">{{ value|words }}</option>{% endfor %}</select></label>
{% endfor %}
<output id="found">{{ rows|length }} conditions</output>
</p>
<table class="stack sortable" id="all-conditions">
<thead><tr><th scope="col">task</th><th scope="col" class="n">lag</th><th scope="col">network</th><th scope="col">mitigation</th><th scope="col" class="n">solved</th><th scope="col" class="n">95 % interval</th><th scope="col" class="n">score</th><th scope="col" class="n">steps</th><th scope="col" class="n">rate</th>{% if tested %}<th scope="col" class="n">to none</th><th scope="col" class="n">p</th>{% endif %}<th scope="col">what became of the trials</th></tr></thead>
{% for row in rows %}
<tbody id="{{ row.id }}" data-task="{{ row.task }}" data-model="{{ row.model }}" data-mitigation="{{ row.mitigation }}"{% if row.n_trials and row.n_solved == row.n_trials %} class="good"{% endif %}>
<tr><td>{{ row.task|words }}</td><td class="n" data-label="lag">{{ row.lag }}</td><td data-label="network">{{ row.model|words }}</td><td data-label="mitigation">{{ row.mitigation|words }}</td>
{% if row.n_trials %}
<td class="n" data-label="solved" data-value="{{ (row.n_solved / row.n_trials)|round(4) }}"><b>{{ row.n_solved }}</b> of {{ row.n_trials }}</td><td class="n" data-label="95 % interval" data-value="{{ row.success_low|round(4) if row.success_low is not none }}">{{ row.success_low|interval(row.success_high) }}</td><td class="n" data-label="score">{{ "%.2f"|format(row.score) }}</td><td class="n" data-label="steps">{{ row.steps_to_solved|number(5) }}</td><td class="n" data-label="rate">{{ row.learning_rate|number }}{% if row.rate_at_edge %}<abbr title="the {{ row.rate_at_edge }} of its grid: a rate beyond may be better">*</abbr>{% endif %}</td>
{% if tested %}<td class="n" data-label="to none">{{ "–" if row.difference is none else row.difference|signed }}</td><td class="n" data-label="p">{{ row.p_holm|number(2) }}</td>{% endif %}
<td data-label="trials"><details><summary>{{ row.diagnoses }}</summary>
{% if row.note %}<p>{{ row.note|sentence }}</p>{% endif %}{% if row.inert %}<p>{{ row.inert|sentence }}</p>{% endif %}
<ul>{% for trial in row.trials %}<li>seed {{ trial.seed }}: <b>{{ trial.diagnosis }}</b>, {{ trial.rule|sentence }}{% if trial.run_id %} <small>run {{ trial.run_id }}</small>{% endif %}</li>{% endfor %}</ul>
<p><code>{{ row.command }}</code></p></details></td>
{% else %}
<td colspan="{{ 8 if tested else 6 }}" class="none">{{ row.state }}{% if row.note %}: {{ row.note|sentence }}{% endif %}</td>
{% endif %}
</tr></tbody>
{% endfor %}
</table>
""",
)
