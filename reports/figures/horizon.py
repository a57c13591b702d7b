"""The share of trials that solve the task over its lag, which says how far back each network remembers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import DASHED, FAINT, palette
from unvanish.reports.tables.conditions import KEY

HEIGHT = 1.9  # inches, of a panel
APART = 0.6  # of the distance of two lags, over which the mitigations are spread, so that equal shares and intervals can be told apart
COLUMNS = [*KEY, "n_solved", "n_trials", "share", "low", "high"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition with trials, of tasks with more than one lag: the share solved and the bounds of Wilson's 95 % interval."""
    conditions = with_state(data.conditions)
    rows = conditions[(conditions.n_trials > 0) & (conditions.groupby("task").lag.transform("nunique") > 1)]
    rows = rows.assign(share=rows.n_solved / rows.n_trials, low=rows.success_low, high=rows.success_high)
    return ordered(rows[COLUMNS], data, by=("task", "model", "mitigation", "lag"))


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a line and intervals a mitigation, a panel a model; lags are evenly spaced, and each mitigation stands a little beside the other."""
    lags, names = sorted(set(table.lag)), list(dict.fromkeys(table.mitigation))
    spread = (np.arange(len(names)) - (len(names) - 1) / 2) * APART / len(names)
    points = table.assign(x=[lags.index(row.lag) + spread[names.index(row.mitigation)] for row in table[["lag", "mitigation"]].itertuples()])
    grid = facets(points, "model", HEIGHT)
    grid.map_dataframe(sns.lineplot, x="x", y="share", marker="o", markersize=3.5, markeredgewidth=0, **mitigation_lines(table))
    colours = palette(table.mitigation.cat.categories)
    for model, axes in grid.axes_dict.items():
        here = points[points.model == model]
        axes.vlines(here.x, here.low, here.high, colors=[colours[name] for name in here.mitigation], linewidth=1, alpha=0.45)
        axes.axhline(0.5, color=FAINT, linestyle=DASHED, linewidth=0.9)
    grid.set(xlim=(-0.5, len(lags) - 0.5), xticks=range(len(lags)), xticklabels=[str(lag) for lag in lags])
    grid.set(ylim=(-0.05, 1.05), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])
    grid.set_axis_labels("lag (steps)", "share solved")
    return with_legend(grid, mitigation_handles(table))


FIGURE = Figure(
    name="horizon",
    title="Success over lag",
    question="How far back does each network remember with each mitigation?",
    caption=(
        "The share of evaluation trials that solve the task at each lag, with Wilson's 95 % interval as a thin bar; mitigations stand a little beside each "
        "other at a lag. The memory horizon is the longest lag up to which a line stays at or above the dashed half. Where two bars overlap far, these trials "
        "do not say which mitigation is better; a line that is still high at the last lag may reach further than was tried."
    ),
    position=2,
    table=table,
    draw=draw,
    split=("task",),
)
