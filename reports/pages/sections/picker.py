"""The picker: for a network, a task and a lag, the cures ranked by what was measured, with Keras code to copy."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.success import anchor
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables.advice import ranking, snippet
from unvanish.suite.experiment.roles import CONTROL, recurrent_models


def content(data: Benchmark) -> Content | None:
    """A ranking for each network, task and lag of which something was run; the first that is shown is of the longest lag, where something was solved."""
    ran = data.conditions[data.conditions.n_trials > 0]
    models = [model for model in recurrent_models(data.plan) if model in set(ran.model)]
    problems = [(entry.task, entry.lag) for entry in data.plan.tasks]
    places = [(model, task, lag) for model in models for task, lag in problems if ((ran.task == task) & (ran.lag == lag) & (ran.model == model)).any()]
    if not places:
        return None
    solved = set(ran[ran.n_solved > 0][["model", "task", "lag"]].itertuples(index=False, name=None))
    first = max(places, key=lambda place: (place[2], place in solved, -models.index(place[0])))
    return {"groups": [group(data, model, task, lag) for model, task, lag in places], "first": first}


def group(data: Benchmark, model: str, task: str, lag: int) -> dict:
    ranked = ranking(data, model, [(task, lag)])
    rows = records(ranked[ranked.role != CONTROL])
    for row in rows:
        row |= {"id": anchor(task, lag, model, row["mitigation"]), "code": snippet(data, model, row["mitigation"], task, lag) if row["n_solved"] else ""}
    return {"model": model, "task": task, "lag": lag, "rows": rows}


SECTION = Section(
    name="picker",
    title="What to use for yours",
    short="Yours",
    position=10,
    content=content,
    template="""
<form class="pick" hidden>
{% for name in ("model", "task", "lag") %}
<label>{{ "network" if name == "model" else name }} <select data-key="{{ name }}">
{% for value in groups|map(attribute=name)|unique %}<option value="{{ value }}"{% if value in first %} selected{% endif %}>{{ value|words }}</option>{% endfor %}
</select></label>
{% endfor %}
</form>
<p class="nothing" role="status" hidden>This benchmark has no trials of this network on this task at this lag.</p>
<div class="rankings">
{% for group in groups %}
<table class="stack ranking" data-model="{{ group.model }}" data-task="{{ group.task }}" data-lag="{{ group.lag }}">
<caption>{{ group.model|words }}, {{ group.task|words }}, lag {{ group.lag }}</caption>
<thead><tr><th scope="col" class="n">rank</th><th scope="col">mitigation</th><th scope="col" class="n">solved</th><th scope="col" class="n">steps</th>
<th scope="col" class="n">seconds a trial</th><th scope="col" class="n">rate</th><th scope="col">what the others failed of</th></tr></thead>
<tbody>
{% for row in group.rows %}
<tr><td class="n">{{ row.rank }}</td><td data-label="mitigation"><a href="#{{ row.id }}">{{ row.mitigation|words }}</a></td>
<td class="n" data-label="solved"><b>{{ row.n_solved }}</b> of {{ row.n_trials }} <small>{{ row.success_low|interval(row.success_high) }}</small></td>
<td class="n" data-label="steps">{{ row.steps_to_solved|number(5) }}</td><td class="n" data-label="seconds a trial">{{ row.seconds|number(2) }}</td>
<td class="n" data-label="rate">{{ row.learning_rates|join(", ") }}</td>
<td{% if row.cause or row.no_gradient or row.inert %} data-label="failed of"{% endif %}>{% if row.cause %}{{ row.cause|words }} <small>{{ row.n_cause }}</small>{% endif %}{% if row.no_gradient %} <small>no gradient from the information's step</small>{% endif %}
{% if row.inert %} <small>{{ row.inert }}</small>{% endif %}
{% if row.code %}<details class="code"><summary>Keras code</summary><button type="button" class="copy" hidden>copy</button><pre><code>{{ row.code }}</code></pre></details>{% endif %}</td></tr>
{% endfor %}
</tbody></table>
{% endfor %}
</div>
<p><small>Ranked by the lower end of the interval of the share solved, then by fewer steps. <code>unvanish advise</code> says the same in the terminal.</small></p>
""",
)
