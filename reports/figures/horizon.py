"""The memory horizon of each model and mitigation."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import mitigations
from unvanish.reports.figures.figure import Figure
from unvanish.reports.figures.intervals import draw_intervals
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT
from unvanish.reports.statistics.horizon import NONE


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a task, model and mitigation, of tasks with more than one lag; `lags` are all of the task's."""
    lags = data.plan.tasks_table.groupby("task").lag.agg(lambda values: sorted(set(values)))
    horizons = with_state(data.horizons)
    horizons = horizons.assign(lags=horizons.task.map(lags))
    return ordered(horizons[horizons.lags.map(len) > 1], data, by=("task", "model", "mitigation"))


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a row a mitigation; lags are evenly spaced, with a tick before the shortest for those that solve none."""
    lags = table.lags.iloc[0]
    ticks = {NONE: 0, **{lag: tick for tick, lag in enumerate(lags, start=1)}}
    grid = draw_intervals(table.assign(value=table.lag.map(ticks), low=table.low.map(ticks), high=table.high.map(ticks)), "lag (steps)")
    names = mitigations(table)
    for model, axes in grid.axes_dict.items():
        axes.set_xlim(-0.4, len(lags) + 0.4)
        axes.set_xticks(list(ticks.values()), ["none", *map(str, lags)])
        beyond = [names.index(name) for name in table[(table.model == model) & (table.lag == lags[-1])].mitigation]
        axes.plot([len(lags) + 0.25] * len(beyond), beyond, marker=">", color=ACCENT, markersize=4, linestyle="none", clip_on=False)
    return grid.figure


FIGURE = Figure(
    name="horizon",
    title="Memory horizon",
    question="How far back does each network remember with each mitigation?",
    caption=(
        "The dot is the longest lag at which at least half of the evaluation trials solve the task, as they do at every shorter lag; an arrow says that "
        "the horizon may lie beyond the longest lag that was tried. The bar reaches from where the lower to where the upper bound of Wilson's "
        "95 % interval puts it."
    ),
    position=2,
    table=table,
    draw=draw,
    split=("task",),
)
