"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import DASHED, DOTTED, FAINT, palette
from unvanish.reports.figures.visibility import note
from unvanish.reports.tables.conditions import KEY

TOP = 1.6  # times the baseline
BASELINE = "majority"  # the reference predictor that is the memoryless baseline, measured
MAX_POINTS = 30  # of a line
COLUMNS = [*KEY, "seed", "step", "loss", "baseline", "reference"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row an evaluation trial and evaluation of its validation loss.

    `baseline` is the loss of the memoryless predictor, `reference` the lowest of a reference predictor.
    """
    curves = with_state(data.curves[data.curves.phase == "evaluate"])
    baselines = data.plan.tasks_table.set_index(["task", "lag"]).baseline_loss.rename("baseline")
    references = data.references[data.references.reference != BASELINE].groupby(["task", "lag"]).loss.min().rename("reference")
    return ordered(curves.join(baselines, on=["task", "lag"]).join(references, on=["task", "lag"])[COLUMNS], data)


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """Return the median loss over the seeds at each step, at `MAX_POINTS` steps at most.

    A loss that is missing, since the trial exploded, counts as infinite: those that are left must not speak for all.
    """
    steps = np.unique(table.step)
    shown = steps[np.unique(np.linspace(0, len(steps) - 1, min(MAX_POINTS, len(steps))).round().astype(int))]
    losses = table[table.step.isin(shown)].fillna({"loss": np.inf})
    return losses.groupby([*KEY, "step"], sort=False).loss.quantile(0.5, interpolation="higher").replace(np.inf, np.nan).reset_index()


def explosions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the step and loss at which the curve of each trial ends that has one no further, or would have begun."""
    exploded = table.groupby([*KEY, "seed"], sort=False).filter(lambda trial: trial.loss.isna().any())
    ends = exploded.assign(step=exploded.step.where(exploded.loss.notna())).groupby([*KEY, "seed"], sort=False).agg(step=("step", "max"), loss=("loss", "last"))
    return ends.reset_index().fillna({"step": table.step.min(), "loss": np.inf})


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a line a mitigation, a panel a model."""
    baseline, reference = table.baseline.iloc[0], table.reference.iloc[0]
    top = TOP * baseline
    lines, ends = medians(table), explosions(table)
    grid = facets(lines.assign(loss=lines.loss.clip(upper=1.5 * top)), "model", 1.75)  # a line leaves the panel at its upper edge
    grid.map_dataframe(sns.lineplot, x="step", y="loss", **mitigation_lines(table))
    colours = palette(table.mitigation.cat.categories)
    for model, axes in grid.axes_dict.items():
        axes.axhline(baseline, color=FAINT, linestyle=DASHED, linewidth=0.9)
        axes.axhline(reference, color=FAINT, linestyle=DOTTED, linewidth=0.9)
        for end in ends[ends.model == model].itertuples():
            axes.plot(end.step, min(end.loss, top), marker="x", color=colours[end.mitigation], markersize=5, linestyle="none", clip_on=False)
        here = lines[lines.model == model]
        if not (here.loss <= top).any() and not (ends.model == model).any():
            note(axes, f"above {TOP:g} times the baseline throughout")
    grid.set(ylim=(0, top), xlim=(0, table.step.max()))
    grid.set_axis_labels("training step", "validation loss")
    references = [
        Line2D([], [], color=FAINT, linestyle=DASHED, linewidth=0.9, label="memoryless baseline"),
        Line2D([], [], color=FAINT, linestyle=DOTTED, linewidth=0.9, label="best reference predictor"),
    ]
    return with_legend(grid, [*mitigation_handles(table), *references])


FIGURE = Figure(
    name="learning",
    title="Learning curves",
    question="When does each network begin to remember, and does it stay on its way?",
    caption=(
        "The median validation loss over the evaluation trials; a cross is where a trial exploded. Below the dashed line, the memoryless baseline, the network "
        "remembers something; one that stays on it remembers nothing. The dotted line is the best of scikit-learn's predictors, "
        "which have no memory of their own."
    ),
    position=3,
    table=table,
    draw=draw,
    page=longest_lags,
)
