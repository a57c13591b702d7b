"""The effect of each mitigation on each model over all tasks."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure
from unvanish.reports.figures.intervals import draw_intervals
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import DASHED, FAINT

MEASURES = {"iqm": "interquartile mean of the score", "improvement": "probability to beat none"}


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a model, mitigation and measure: its value and the bounds of its interval."""
    overall = with_state(data.overall)
    parts = [
        overall[["model", "mitigation", "n_problems"]].assign(measure=measure, value=overall[name], low=overall[f"{name}_low"], high=overall[f"{name}_high"])
        for name, measure in MEASURES.items()
    ]
    return pd.concat([ordered(part[part.value.notna()], data) for part in parts], ignore_index=True)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a dot and an interval a mitigation, a panel a model."""
    (measure,) = table.measure.unique()
    grid = draw_intervals(table, measure)
    for axes in grid.axes.flat:
        if measure == MEASURES["improvement"]:
            axes.axvline(0.5, color=FAINT, linestyle=DASHED, linewidth=0.9)
        axes.set_xlim(-0.03, 1.03)
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    return grid.figure


FIGURE = Figure(
    name="overall",
    title="Over all tasks and lags",
    question="Which mitigation helps which network, over all tasks and lags together?",
    caption=(
        "First, the mean of the middle half of all scores, which a single very good or exploded trial cannot move far. Then, how likely a trial with the "
        "mitigation scores higher than the same seed without, ties counting half; right of the dashed line it helps. Bars are 95 % intervals: of the first by "
        "a bootstrap over the seeds within each task and lag (Agarwal et al. 2021), of the second Wilson's over the pairs; "
        "a dot without one has none that is known."
    ),
    position=0,
    table=table,
    draw=draw,
    split=("measure",),
)
