"""The tuning curves: what every learning rate that was tried reached, all cures of a network at a lag side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_rows, mitigations, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, INK, TINTS, WARM, tint
from unvanish.reports.statistics.success import ran
from unvanish.reports.statistics.tuning import by_rate
from unvanish.reports.tables.conditions import KEY
from unvanish.suite.experiment.tuning import CAP

ROW_HEIGHT = 0.26  # inches
DOT, RING, CROSS, ARROW = 42, 110, 20, 26  # square points
BEYOND = 2.2  # an arrow's distance from the last dot of its row, as a factor of the rate


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition and learning rate: tuning trials solved and diverged of tried, their mean score, whether tuning chose the rate, why it stopped.

    A condition with one rate only has no row.
    """
    tuned = ran(data.tuned)
    rates = with_state(by_rate(tuned).reset_index())
    several = rates.groupby(KEY).learning_rate.transform("nunique") > 1
    search = data.conditions.reindex(columns=[*KEY, "learning_rate", "search_stopped"]).set_index(KEY).rename(columns={"learning_rate": "chosen"})
    rates = rates[several].join(search, on=KEY)
    return ordered(rates.assign(chosen=rates.learning_rate == rates.chosen), data)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a row a mitigation, a panel a model, a dot a rate: the darker the better, with a ring where tuning chose it.

    A cross is a rate at which every seed diverged, an arrow the direction in which the search would have gone on.
    """
    names = mitigations(table)
    tints = [tint(rate.score, rate.n_solved == rate.n_trials) for rate in table.itertuples()]
    dots = table.assign(row=[names.index(name) for name in table.mitigation], tint=tints, unstable=table.n_diverged == table.n_trials)
    grid = facets(dots, "model", ROW_HEIGHT * len(names) + 0.75)
    grid.set(xscale="log", xlim=(table.learning_rate.min() / 4, table.learning_rate.max() * 4))
    tinted = {"hue": "tint", "palette": dict(enumerate(TINTS)), "s": DOT, "edgecolor": ACCENT, "linewidth": 0.7, "zorder": 3}
    for model, axes in grid.axes_dict.items():
        here = dots[dots.model == model]
        for marks, look in (
            (here[~here.unstable], tinted),
            (here[here.unstable], {"marker": "x", "color": WARM, "s": CROSS, "linewidth": 1.1, "zorder": 3}),
            (here[here.chosen], {"s": RING, "facecolor": "none", "edgecolor": INK, "linewidth": 0.9}),
            (open_ends(here, lowest=True), {"marker": "<", "color": INK, "s": ARROW, "linewidth": 0}),
            (open_ends(here, lowest=False), {"marker": ">", "color": INK, "s": ARROW, "linewidth": 0}),
        ):
            if len(marks):
                sns.scatterplot(marks, x="learning_rate", y="row", ax=axes, legend=False, clip_on=False, **look)
        axes.minorticks_off()
        axes.grid(True, axis="x")
    mitigation_rows(grid, names, "learning rate")
    return with_legend(grid, handles(dots))


def open_ends(dots: pd.DataFrame, lowest: bool) -> pd.DataFrame:
    """Return an arrow's place for each row whose search stopped at the cap with its best rate at this end."""
    ends = dots.groupby(KEY, observed=True).learning_rate.transform("min" if lowest else "max")
    stopped = dots[(dots.search_stopped == CAP) & dots.chosen & (dots.learning_rate == ends)]
    return stopped.assign(learning_rate=stopped.learning_rate / BEYOND if lowest else stopped.learning_rate * BEYOND)


def handles(dots: pd.DataFrame) -> list[Line2D]:
    """Return the entries of the legend, a cross and an arrow only where there is one."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 6, "markeredgecolor": ACCENT, "markeredgewidth": 0.7}
    entries = [
        Line2D([], [], **dot, markerfacecolor=TINTS[-1], label="every seed solved"),
        Line2D([], [], **dot, markerfacecolor=TINTS[4], label="score 0 to 1, the darker the higher"),
        Line2D([], [], linestyle="none", marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK, label="chosen"),
    ]
    if dots.unstable.any():
        entries.append(Line2D([], [], linestyle="none", marker="x", markersize=5, color=WARM, label="every seed diverged"))
    if len(open_ends(dots, lowest=True)) + len(open_ends(dots, lowest=False)):
        entries.append(Line2D([], [], linestyle="none", marker=">", markersize=5, color=INK, label="stopped at the cap"))
    return entries


FIGURE = Figure(
    name="rates",
    title="Learning rates that work",
    question="At which learning rates does each mitigation work, and how many of them are there?",
    caption=(
        "A dot is a learning rate that was tried on the tuning seeds; the darker, the higher their mean validation score, and full where all of them solved "
        "the task. The ring is the rate that tuning chose. A row with many full dots works over a wide range of rates, one with a single full dot must be "
        "tuned. The grid grows where the best rate is at an edge; an arrow says that it was not allowed to grow further, so that a rate beyond may be better. "
        "SGD and the adaptive optimizers have their first rates at different places."
    ),
    position=6,
    table=table,
    draw=draw,
    page=longest_lags,
)
