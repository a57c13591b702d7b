"""The sensitivity to the learning rate."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_rows, mitigations
from unvanish.reports.figures.figure import Figure, longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, INK, TINTS, tint
from unvanish.reports.statistics.sensitivity import by_rate
from unvanish.reports.tables.conditions import KEY

ROW_HEIGHT = 0.26  # inches
DOT, RING = 42, 110  # square points


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition and learning rate: tuning trials solved of tried, their mean score, and whether tuning chose the rate.

    A condition with one rate only has no row.
    """
    tuned = data.tuned[data.tuned.learning_rate.notna()]
    rates = with_state(by_rate(tuned).reset_index())
    several = rates.groupby(KEY).learning_rate.transform("nunique") > 1
    chosen = data.conditions.reindex(columns=[*KEY, "learning_rate"]).set_index(KEY).learning_rate.rename("chosen")
    rates = rates[several].join(chosen, on=KEY)
    return ordered(rates.assign(chosen=rates.learning_rate == rates.chosen), data)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a row a mitigation, a panel a model, a dot a rate: the darker the better, with a ring where tuning chose it."""
    names = mitigations(table)
    tints = [tint(rate.score, rate.n_solved == rate.n_trials) for rate in table.itertuples()]
    dots = table.assign(row=[names.index(name) for name in table.mitigation], tint=tints)
    grid = facets(dots, "model", ROW_HEIGHT * len(names) + 0.75)
    grid.set(xscale="log", xlim=(table.learning_rate.min() / 2, table.learning_rate.max() * 2))
    for model, axes in grid.axes_dict.items():
        here = dots[dots.model == model]
        options = {"x": "learning_rate", "y": "row", "ax": axes, "legend": False, "clip_on": False}
        sns.scatterplot(here, **options, hue="tint", palette=dict(enumerate(TINTS)), s=DOT, edgecolor=ACCENT, linewidth=0.7, zorder=3)
        sns.scatterplot(here[here.chosen], **options, s=RING, facecolor="none", edgecolor=INK, linewidth=0.9)
        axes.minorticks_off()
        axes.grid(True, axis="x")
    mitigation_rows(grid, names, "learning rate")
    return grid.lay_out()


FIGURE = Figure(
    name="sensitivity",
    title="Learning rates that work",
    question="At how many learning rates does each mitigation work?",
    caption=(
        "A dot is a learning rate of the grid: the stronger its colour, the higher the mean validation score of the tuning trials, full where all of them "
        "solved the task; the ring is the rate that tuning chose. Where a row has many strong dots, the condition works at many rates. A ring at the end of a "
        "row says that a rate beyond the grid may be "
        "better. SGD and the adaptive optimizers have their grids at different places."
    ),
    position=6,
    table=table,
    draw=draw,
    page=longest_lags,
)
