"""How much the learning rate matters."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import one_row_each
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, FAINT, INK, TINTS
from unvanish.reports.figures.success import tint
from unvanish.reports.statistics.sensitivity import by_rate
from unvanish.reports.tables.conditions import KEY


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition and learning rate: tuning trials solved of tried, their mean score, and whether tuning chose the rate; empty with one rate only."""
    tuned = data.tuned[data.tuned.learning_rate.notna()]
    rates = with_state(by_rate(tuned).reset_index())
    several = rates.groupby(KEY).learning_rate.transform("nunique") > 1
    chosen = data.conditions.reindex(columns=[*KEY, "learning_rate"]).set_index(KEY).learning_rate.rename("chosen")
    rates = rates[several].join(chosen, on=KEY)
    return ordered(rates.assign(chosen=rates.learning_rate == rates.chosen), data)


def draw(axes: Axes, panel: Panel) -> None:
    """A row a mitigation, a dot a rate: the darker the better, with a ring where tuning chose it."""
    names = list(dict.fromkeys(panel.group.mitigation))
    axes.set_xscale("log")
    for row in panel.rows.itertuples():
        colour = TINTS[tint(row.score, row.n_solved == row.n_trials)]
        y = names.index(row.mitigation)
        axes.plot(row.learning_rate, y, marker="o", markersize=8, markerfacecolor=colour, markeredgecolor=ACCENT, markeredgewidth=0.7, linestyle="none")
        if row.chosen:
            axes.plot(row.learning_rate, y, marker="o", markersize=13, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=0.9, linestyle="none")
    low, high = panel.group.learning_rate.min(), panel.group.learning_rate.max()
    axes.set_xlim(low / 2, high * 2)
    axes.minorticks_off()
    axes.set_title(words(panel.name))
    axes.set_xlabel("learning rate")
    axes.grid(True, axis="x", color=FAINT)
    one_row_each(axes, [words(name) for name in names])


FIGURE = Figure(
    name="sensitivity",
    title="Learning rates that work",
    caption=(
        "A dot is a learning rate of the grid: the stronger its colour, the higher the mean validation score of the tuning trials, full where all of them "
        "solved the task; the ring is the rate that tuning chose. A row of strong dots forgives a rate that is not quite right; a single one was lucky to "
        "be in the grid, and a ring at the end of a row says that a rate beyond the grid may be "
        "better. SGD and the adaptive optimizers have their grids at different places."
    ),
    position=6,
    table=table,
    across=("task", "lag"),
    panel="model",
    draw=draw,
    size=lambda group: (1.5, 0.24 * group.mitigation.nunique() + 0.05),
    margins=(1.55, 0.4, 0.1, 0.25),
    longest=True,
)
