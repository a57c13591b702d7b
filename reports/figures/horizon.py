"""The memory horizon of each model and mitigation."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import one_row_each, point
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT
from unvanish.reports.statistics.horizon import NONE


def table(data: Benchmark) -> pd.DataFrame:
    """A row a task, model and mitigation, of tasks with more than one lag; `lags` are all of the task's."""
    lags = data.plan.tasks_table.groupby("task").lag.agg(lambda values: sorted(set(values)))
    horizons = with_state(data.horizons)
    horizons = horizons.assign(lags=horizons.task.map(lags))
    return ordered(horizons[horizons.lags.map(len) > 1], data, by=("task", "model", "mitigation"))


def draw(axes: Axes, panel: Panel) -> None:
    """A row a mitigation; lags are evenly spaced, with a place before the shortest for those that solve none."""
    lags = panel.rows.lags.iloc[0]
    places = {NONE: 0, **{lag: place for place, lag in enumerate(lags, start=1)}}
    names = list(dict.fromkeys(panel.group.mitigation))
    for row in panel.rows.itertuples():
        y = names.index(row.mitigation)
        point(axes, y, places[row.low], places[row.lag], places[row.high])
        if row.lag == lags[-1]:  # it may lie beyond
            axes.plot(places[row.lag] + 0.22, y, marker=">", color=ACCENT, markersize=4, linestyle="none", clip_on=False)
    axes.set_title(words(panel.name))
    axes.set_xlabel("lag")
    axes.set_xticks(list(places.values()), ["none", *map(str, lags)])
    axes.set_xlim(-0.4, len(lags) + 0.4)
    axes.grid(True, axis="x")
    one_row_each(axes, [words(name) for name in names])


FIGURE = Figure(
    name="horizon",
    title="Memory horizon",
    caption=(
        "The dot is the longest lag at which at least half of the evaluation trials solve the task, as they do at every shorter lag; an arrow says that "
        "the horizon may lie beyond the longest lag that was tried. The bar reaches from where the lower to where the upper bound of Wilson's "
        "95 % interval puts it."
    ),
    position=2,
    table=table,
    across=("task",),
    panel="model",
    draw=draw,
    size=lambda group: (1.5, 0.2 * group.mitigation.nunique() + 0.05),
    margins=(1.55, 0.4, 0.1, 0.25),
)
