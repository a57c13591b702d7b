"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import context, lines, note
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, FAINT
from unvanish.reports.tables.conditions import KEY

TOP = 1.6  # times the baseline
BASELINE = "majority"  # the reference predictor that is the memoryless baseline, measured
COLUMNS = [*KEY, "seed", "step", "loss", "baseline", "reference"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row an evaluation trial and evaluation of its validation loss; `baseline` is the memoryless one, `reference` the lowest of a reference predictor."""
    curves = with_state(data.curves[data.curves.phase == "evaluate"])
    baselines = data.plan.tasks_table.set_index(["task", "lag"]).baseline_loss.rename("baseline")
    references = data.references[data.references.reference != BASELINE].groupby(["task", "lag"]).loss.min().rename("reference")
    return ordered(curves.join(baselines, on=["task", "lag"]).join(references, on=["task", "lag"])[COLUMNS], data)


def draw(axes: Axes, panel: Panel) -> None:
    top, end = TOP * panel.group.baseline.iloc[0], panel.group.step.max()
    axes.set_ylim(0, top)
    axes.set_xlim(0, end)
    axes.axhline(panel.group.baseline.iloc[0], color=FAINT, linestyle=(0, (4, 3)), linewidth=0.9)
    axes.axhline(panel.group.reference.iloc[0], color=FAINT, linestyle=(0, (1, 2)), linewidth=0.9)
    of_all = panel.group.pivot(index="step", columns=["mitigation", "seed"], values="loss")
    for mitigation in panel.group.mitigation.unique():
        if mitigation != panel.name:
            context(axes, of_all[mitigation])
    losses = of_all[panel.name]
    lines(axes, losses.clip(upper=1.5 * top))  # what lies far above would make the page long
    for _, loss in losses.items():
        lived = loss.dropna()
        if len(lived) < len(loss):  # the trial exploded: a cross where its curve ends, or would have begun
            step, height = (lived.index[-1], lived.iloc[-1]) if len(lived) else (loss.index[0], np.inf)
            axes.plot(step, min(height, top), marker="x", color=ACCENT, markersize=5, linestyle="none", clip_on=False)
    if not (losses <= top).any(axis=None) and not losses.isna().any(axis=None):
        note(axes, f"above {TOP:g} times the baseline throughout")
    axes.set_title(words(panel.name))
    axes.set_yticks([0, panel.group.baseline.iloc[0]], ["0", f"{panel.group.baseline.iloc[0]:.2g}"])
    axes.set_xticks([0, end])
    axes.set_xlabel("training step", labelpad=-6)


FIGURE = Figure(
    name="learning",
    title="Learning curves",
    caption=(
        "The validation loss of each evaluation trial with the mitigation named above the panel or, of more than five, their median with the middle half "
        "in a band; grey is the median of each other mitigation of the same network. Below the dashed line, the memoryless baseline, the network remembers "
        "something; one that stays on it remembers nothing; a cross is where a trial exploded. The dotted line is the best of scikit-learn's predictors, "
        "which have no memory of their own."
    ),
    position=3,
    table=table,
    across=("task", "lag", "model"),
    panel="mitigation",
    draw=draw,
    size=lambda group: (1.69, 0.95),
    margins=(0.28, 0.28, 0.16, 0.22),
    longest=True,
)
