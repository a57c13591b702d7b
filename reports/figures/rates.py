"""The tuning curves: what every learning rate that was tried reached, all cures of a network at a lag in one panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags, words
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import INK, palette
from unvanish.reports.statistics.success import ran
from unvanish.reports.statistics.tuning import by_rate
from unvanish.reports.tables.conditions import KEY
from unvanish.suite.experiment.tuning import CAP

MEASURES = {"solved": "share solved", "score": "mean score"}  # from top to bottom
HEIGHT = 1.35  # inches, of a panel
RING, CROSS, ARROW = 46, 22, 24  # square points
BEYOND = 1.8  # an arrow's distance from the last point of its line, as a factor of the rate
APART = 0.05  # of the axis, between lines that would cover each other from the first to the last


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
    """Draw a line a mitigation over the learning rates, the share solved above the mean score, a panel a network.

    A ring is at the rate that tuning chose, a cross where every seed diverged, an arrow in the direction in which the search would have gone on. Lines of
    the share solved are moved apart by at most `APART` in all, since many are equal.
    """
    names = list(dict.fromkeys(table.mitigation))
    moved = (np.array([names.index(name) for name in table.mitigation]) / max(len(names) - 1, 1) - 0.5) * APART
    points = pd.concat([table.assign(measure="solved", value=table.n_solved / table.n_trials + moved), table.assign(measure="score", value=table.score)])
    points = points.assign(unstable=points.n_diverged == points.n_trials)
    grid = facets(points, "model", HEIGHT, row="measure", row_order=list(MEASURES))
    grid.map_dataframe(sns.lineplot, x="learning_rate", y="value", marker="o", markersize=3.5, markeredgewidth=0, **mitigation_lines(table))
    grid.set(
        xscale="log", xlim=(table.learning_rate.min() / 2.5, table.learning_rate.max() * 2.5), ylim=(-0.06, 1.06), yticks=[0, 0.5, 1], xlabel="", ylabel=""
    )
    colours = palette(table.mitigation.cat.categories)
    for (measure, model), axes in grid.axes_dict.items():
        draw_marks(axes, points[(points.measure == measure) & (points.model == model)], colours)
        axes.set_title(words(model) if measure == next(iter(MEASURES)) else "")
        axes.minorticks_off()
        axes.grid(True, axis="y")
    for row, label in zip(grid.axes, MEASURES.values(), strict=True):
        row[0].set_ylabel(label)
    grid.axes[-1][grid.axes.shape[1] // 2].set_xlabel("learning rate")
    return with_legend(grid, [*mitigation_handles(table), *mark_handles(points)])


def draw_marks(axes: Axes, points: pd.DataFrame, colours: dict[str, str]) -> None:
    """Mark the chosen rates of one panel, those at which every seed diverged, and the ends at which the search was not allowed to go on."""
    looks: list[tuple[pd.DataFrame, dict[str, Any]]] = [
        (points[points.chosen], {"facecolor": "none", "s": RING, "linewidth": 1.1, "marker": "o"}),
        (points[points.unstable], {"s": CROSS, "linewidth": 1.1, "marker": "x"}),
        (open_ends(points, lowest=True), {"marker": "<", "s": ARROW, "linewidth": 0}),
        (open_ends(points, lowest=False), {"marker": ">", "s": ARROW, "linewidth": 0}),
    ]
    for marks, look in looks:
        shades = [colours[name] for name in marks.mitigation]
        if len(marks):
            look["edgecolor" if "facecolor" in look else "color"] = shades
            axes.scatter(marks.learning_rate, marks.value, clip_on=False, zorder=3, **look)


def open_ends(points: pd.DataFrame, lowest: bool) -> pd.DataFrame:
    """Return an arrow's place for each line whose search stopped at the cap with its best rate at this end."""
    ends = points.groupby(KEY, observed=True).learning_rate.transform("min" if lowest else "max")
    stopped = points[(points.search_stopped == CAP) & points.chosen & (points.learning_rate == ends)]
    return stopped.assign(learning_rate=stopped.learning_rate / BEYOND if lowest else stopped.learning_rate * BEYOND)


def mark_handles(points: pd.DataFrame) -> list[Line2D]:
    """Return the legend's entries of the marks, a cross and an arrow only where there is one."""
    entries = [Line2D([], [], linestyle="none", marker="o", markersize=7, markerfacecolor="none", markeredgecolor=INK, label="chosen")]
    if points.unstable.any():
        entries.append(Line2D([], [], linestyle="none", marker="x", markersize=5, color=INK, label="every seed diverged"))
    if len(open_ends(points, lowest=True)) + len(open_ends(points, lowest=False)):
        entries.append(Line2D([], [], linestyle="none", marker=">", markersize=5, color=INK, label="stopped at the cap"))
    return entries


FIGURE = Figure(
    name="rates",
    title="Tuning curves",
    question="At which learning rates does each mitigation work, and how many of them are there?",
    caption=(
        "Above, the share of tuning seeds solved at each learning rate that was tried, below, their mean score (0 is the memoryless baseline, 1 perfect, and a "
        "trial that diverged counts 0). The ring is the rate that tuning chose. A line that is high over many rates needs little tuning, one with a "
        "narrow top must be tuned. An arrow says that the search was not allowed to go on, so that a rate beyond may be better. Equal shares are drawn "
        f"a little apart (by {APART:g} at most in all). The few tuning seeds say where to look; what is cited are the evaluation trials. SGD and the "
        "adaptive optimizers have their first rates at different places."
    ),
    position=6,
    table=table,
    draw=draw,
    page=longest_lags,
)
