"""The number of training steps until the task is solved, trials that never solve it included."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.statistics.success import ran
from unvanish.reports.statistics.survival import StepsToSolved
from unvanish.reports.tables.conditions import KEY

COLUMNS = [*KEY, "step", "share", "low", "high"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition and corner of its stairs, with the bounds of the 95 % interval; empty where no trial solved anything."""
    evaluated = ran(with_state(data.evaluated))
    if not evaluated.solved_at.notna().any():
        return pd.DataFrame(columns=COLUMNS)
    parts = [
        StepsToSolved(trials.solved_at, trials.steps).curve().assign(**dict(zip(KEY, key, strict=True))) for key, trials in evaluated.groupby(KEY, sort=False)
    ]
    return ordered(pd.concat(parts)[COLUMNS], data)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw stairs, a line a mitigation, a panel a model."""
    grid = facets(table, "model", 1.75)
    grid.map_dataframe(sns.lineplot, x="step", y="share", drawstyle="steps-post", **mitigation_lines(table))
    grid.set(xlim=(0, table.step.max()), ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])
    grid.set_axis_labels("training step", "share solved")
    return with_legend(grid, mitigation_handles(table))


FIGURE = Figure(
    name="steps",
    title="Steps to solved",
    question="How fast does each mitigation solve the task?",
    caption=(
        "The share of evaluation trials that have solved the task by each training step, after Kaplan and Meier. A curve that rises early is fast, one that "
        "ends high is reliable; a trial that exploded or never solved the task keeps its curve down to the end."
    ),
    position=4,
    table=table,
    draw=draw,
    page=longest_lags,
)
