"""What a cure costs: parameters and time of a network, steps and seconds until the task is solved."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.suite.experiment.roles import CONTROL


def content(data: Benchmark) -> Content | None:
    timed = data.trials[data.trials.seconds.notna()]
    if timed.empty:
        return None
    step = ordered(longest_lags(timed), data).assign(milliseconds=lambda rows: 1000 * rows.seconds / rows.steps)
    networks = step.groupby(["task", "lag", "model"], sort=False).agg(
        hidden_size=("hidden_size", "first"), parameters=("parameters", "first"), milliseconds=("milliseconds", "median")
    )
    ran = data.conditions[(data.conditions.n_trials > 0)]
    cures = with_state(longest_lags(ran)) if len(ran) else ran
    cures = ordered(cures[cures.role != CONTROL], data)
    cures = cures.join(networks.milliseconds, on=["task", "lag", "model"])
    cures = cures.assign(seconds_to_solved=cures.steps_to_solved * cures.milliseconds / 1000)
    models = list(dict.fromkeys(cures.model))
    return {
        "networks": records(networks.reset_index()),
        "models": models,
        "tasks": [by_cure(task, rows, models) for task, rows in cures.groupby("task", sort=False)],
    }


def by_cure(task: str, rows: pd.DataFrame, models: list[str]) -> dict:
    """A row a mitigation, a cell a model: steps and seconds to solved, None where there is no such condition."""
    cells = {(row["mitigation"], row["model"]): row for row in records(rows)}
    mitigations = list(dict.fromkeys(rows.mitigation))
    return {"task": task, "lag": rows.lag.iloc[0], "rows": [(name, [cells.get((name, model)) for model in models]) for name in mitigations]}


SECTION = Section(
    name="cost",
    title="What the cure costs",
    short="Cost",
    position=110,
    content=content,
    template="""
<p>Median training steps until a trial solves the task, with the seconds they take; a dash where fewer than half of the trials solve it. All mitigations of a network are trained side by side by one compiled program,
so the time of a step is measured for all of them together; what differs is how many steps it takes.</p>
<div class="tables">
{% for task in tasks %}
<table>
<caption>{{ task.task|words }}, lag {{ task.lag }}: steps to solved (seconds)</caption>
<thead><tr><td></td>{% for model in models %}<th scope="col" class="n">{{ model|words }}</th>{% endfor %}</tr></thead>
<tbody>{% for mitigation, cells in task.rows %}<tr><th scope="row">{{ mitigation|words }}</th>{% for cell in cells %}<td class="n">{% if cell and cell.steps_to_solved is not none %}{{ cell.steps_to_solved|number(5) }} <small>({{ cell.seconds_to_solved|number(2) }})</small>{% else %}–{% endif %}</td>{% endfor %}</tr>{% endfor %}</tbody>
</table>
{% endfor %}
<table>
<caption>the networks: units, parameters, and milliseconds of one step of one trial</caption>
<thead><tr><th scope="col">network</th><th scope="col" class="n">units</th><th scope="col" class="n">parameters</th><th scope="col" class="n">ms a step</th></tr></thead>
{% for task, rows in networks|groupby("task") %}
<tbody><tr><th scope="rowgroup" colspan="4">{{ task|words }}, lag {{ rows[0].lag }}</th></tr>
{% for row in rows %}
<tr><td>{{ row.model|words }}</td><td class="n">{{ row.hidden_size }}</td><td class="n">{{ row.parameters }}</td><td class="n">{{ row.milliseconds|number(2) }}</td></tr>
{% endfor %}
</tbody>
{% endfor %}
</table>
</div>
""",
)
