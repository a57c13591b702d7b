"""How many training steps it takes to solve the task, trials that never do included."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import CONTEXT
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, GREY
from unvanish.reports.statistics.survival import StepsToSolved
from unvanish.reports.tables.conditions import KEY

COLUMNS = [*KEY, "step", "share", "low", "high"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition and corner of its stairs; empty where no trial solved anything."""
    evaluated = with_state(data.evaluated)
    if not evaluated.solved_at.notna().any():
        return pd.DataFrame(columns=COLUMNS)
    parts = [
        StepsToSolved(trials.solved_at, trials.steps).curve().assign(**dict(zip(KEY, key, strict=True))) for key, trials in evaluated.groupby(KEY, sort=False)
    ]
    return ordered(pd.concat(parts)[COLUMNS], data)


def draw(axes: Axes, panel: Panel) -> None:
    for mitigation, rows in panel.group.groupby("mitigation", sort=False):
        if mitigation != panel.name:
            axes.step(rows.step, rows.share, where="post", color=GREY, linewidth=0.8, gid=CONTEXT)
    axes.fill_between(panel.rows.step, panel.rows.low, panel.rows.high, step="post", color=ACCENT, alpha=0.2, linewidth=0)
    axes.step(panel.rows.step, panel.rows.share, where="post", color=ACCENT, linewidth=1.8)
    axes.set_title(words(panel.name))
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.5, 1], ["0", "½", "1"])
    axes.set_xlim(0, panel.group.step.max())
    axes.set_xticks([0, panel.group.step.max()])
    axes.set_xlabel("training step", labelpad=-6)
    axes.grid(True, axis="y")


FIGURE = Figure(
    name="steps",
    title="Steps to solved",
    caption=(
        "The share of evaluation trials that have solved the task by each training step, after Kaplan and Meier, in colour for the mitigation named above "
        "the panel with its 95 % interval as a band; the other mitigations of the same network are grey. A curve that rises early is fast, one that ends "
        "high is reliable; a trial that exploded or never solved the task keeps its curve down to the end."
    ),
    position=4,
    table=table,
    across=("task", "lag", "model"),
    panel="mitigation",
    draw=draw,
    size=lambda group: (1.75, 0.95),
    margins=(0.22, 0.28, 0.16, 0.22),
    longest=True,
)
