"""The answer: what works at the long lags, in one table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from reports.conditions import NOT_APPLICABLE
from reports.dataset import Dataset
from reports.figures.figure import longest_lags
from reports.figures.rows import has_state, is_control
from reports.sections.section import Content, Section
from reports.statistics.success import wilson_interval


@dataclass(frozen=True)
class Cell:
    """Conditions of several tasks together: evaluation trials solved of tried, Wilson's interval, and what is to be known of all of them."""

    n_solved: int
    n_trials: int
    low: float
    high: float
    no_gradient: bool
    inert: bool
    best: bool = False

    @property
    def rate(self) -> float:
        return self.n_solved / self.n_trials


def content(data: Dataset) -> Content | None:
    ran = data.conditions[data.conditions.n_trials > 0]
    if ran.empty:
        return None
    longest = longest_lags(ran)
    places = longest[["task", "lag"]].drop_duplicates()
    planned = data.conditions.merge(places)
    with_memory = planned[has_state(planned)]
    profile = data.plan["profile"]
    models = [name for name in profile["models"] if name in set(with_memory.model)]
    mitigations = [name for name in sorted(profile["mitigations"], key=is_control) if name in set(with_memory.mitigation)]
    columns = [best_marked([cell(with_memory, model, mitigation) for mitigation in mitigations], mitigations) for model in models]
    controls = longest[~has_state(longest)]
    return {
        "models": models,
        "rows": [(mitigation, is_control(mitigation), [column[index] for column in columns]) for index, mitigation in enumerate(mitigations)],
        "controls": [(model, pooled(rows)) for model, rows in controls.groupby("model", sort=False)],
        "places": places.to_dict("records"),
    }


def cell(conditions: pd.DataFrame, model: str, mitigation: str) -> Cell | str:
    """What became of a model with a mitigation, or why there is nothing to say."""
    mine = conditions[(conditions.model == model) & (conditions.mitigation == mitigation)]
    ran = mine[mine.n_trials > 0]
    if len(ran):
        return pooled(ran)
    return "n/a" if (mine.state == NOT_APPLICABLE).all() else "not run"


def pooled(conditions: pd.DataFrame) -> Cell:
    """Conditions that were run, together."""
    n_solved, n_trials = int(conditions.n_solved.sum()), int(conditions.n_trials.sum())
    low, high = wilson_interval(n_solved, n_trials)
    return Cell(n_solved, n_trials, low, high, bool((conditions.note != "").all()), bool((conditions.inert != "").all()))


def best_marked(column: list[Cell | str], mitigations: list[str]) -> list[Cell | str]:
    """The cells of a model, those with the highest share of solved trials marked; a control is not a cure, and of nothing solved nothing is best."""
    rates = [cell.rate for cell, name in zip(column, mitigations, strict=True) if isinstance(cell, Cell) and not is_control(name)]
    highest = max(rates, default=0.0)
    return [
        replace(cell, best=highest > 0 and cell.rate == highest and not is_control(name)) if isinstance(cell, Cell) else cell
        for cell, name in zip(column, mitigations, strict=True)
    ]


SECTION = Section(
    name="answer",
    title="What works at the long lags",
    short="Answer",
    position=0,
    content=content,
    template="""
{% macro bar(cell) %}
<span class="share">{{ cell.n_solved }}<span class="of">/{{ cell.n_trials }}</span>{% if cell.no_gradient %}<sup title="no gradient from the information's step">†</sup>{% endif %}{% if cell.inert %}<sup title="the mitigation never acted">‡</sup>{% endif %}</span>
<span class="bar" aria-hidden="true"><i style="width:{{ "%.1f"|format(100 * cell.rate) }}%"></i><b style="left:{{ "%.1f"|format(100 * cell.low) }}%;right:{{ "%.1f"|format(100 - 100 * cell.high) }}%"></b></span>
<span class="unseen">{{ "%.0f"|format(100 * cell.low) }} to {{ "%.0f"|format(100 * cell.high) }} per cent</span>
{% endmacro %}
<div class="columns">
<div>
<table class="matrix">
<caption>Evaluation trials solved of tried at the longest lag of each task ({% for place in places %}{{ place.task|words }} {{ place.lag }}{{ ", " if not loop.last }}{% endfor %}).</caption>
<thead><tr><td></td>{% for model in models %}<th scope="col">{{ model|words }}</th>{% endfor %}</tr></thead>
<tbody>
{% for mitigation, control, cells in rows %}
<tr{% if control %} class="control"{% endif %}><th scope="row">{{ mitigation|words }}{% if control %} <small>control</small>{% endif %}</th>
{% for cell in cells %}
{% if cell is string %}<td class="none">{{ cell }}</td>{% else %}<td{% if cell.best %} class="best"{% endif %}>{{ bar(cell) }}</td>{% endif %}
{% endfor %}
</tr>
{% endfor %}
{% for model, cell in controls %}
<tr class="control"><th scope="row">{{ model|words }} <small>control</small></th><td colspan="{{ [models|length, 1]|max }}">{{ bar(cell) }}</td></tr>
{% endfor %}
</tbody></table>
<p class="key"><span class="bar" aria-hidden="true"><i style="width:60%"></i><b style="left:40%;right:20%"></b></span> share solved and its 95 % interval (Wilson); outlined: the best of each network{% if rows|length %}; † no gradient comes from the information's step; ‡ the mitigation never acted{% endif %}.</p>
</div>
</div>
""",
)
