"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, TaskResults, each_condition, grid, legend, lines

TOP = 1.6  # times the baseline
BASELINE = "majority"  # the reference predictor that is the memoryless baseline, measured
STYLES = (":", "-.", (0, (1, 3)), (0, (6, 2, 1, 2, 1, 2)))  # of the lines of reference predictors


def draw(results: TaskResults) -> Canvas | None:
    curves = results.curves[results.curves.phase == "evaluate"]
    if curves.empty:
        return None
    canvas, panels = grid(results, x="training step", y="validation loss")
    for (lag, _), panel in panels.items():
        baseline = results.at_lag[lag]["baseline_loss"]
        panel.axhline(baseline, color=INK, linestyle="--", linewidth=1)
        panel.set_ylim(0, TOP * baseline)
    for panel, colour, losses in each_condition(results, panels, curves, x="step", y="loss"):
        lines(panel, colour, losses)
        for _, loss in losses.items():
            lived = loss.dropna()
            if len(lived) < len(loss):  # the trial exploded: a cross where its curve ends, or would have begun
                step, height = (lived.index[-1], lived.iloc[-1]) if len(lived) else (loss.index[0], np.inf)
                panel.plot(step, min(height, panel.get_ylim()[1]), marker="x", color=colour, clip_on=False)
    references = results.references[results.references.reference != BASELINE]
    styles = {f"{name} (scikit-learn)": style for name, style in zip(references.reference.unique(), cycle(STYLES), strict=False)}
    for (lag, _), panel in panels.items():
        for row in references[references.lag == lag].itertuples():
            panel.axhline(row.loss, color=INK, linestyle=styles[f"{row.reference} (scikit-learn)"], linewidth=1)
    legend(canvas, results, {"memoryless baseline": "--", **styles})
    return canvas


FIGURE = Figure(
    name="learning",
    title="Learning curves",
    reading=(
        "A line is an evaluation trial or, of more than five, their median with the middle half of them in a band. Below the dashed line "
        "the network remembers something; one that stays on it remembers nothing; "
        "a cross is where a trial exploded. The other black lines are what scikit-learn's predictors reach without a memory of their own."
    ),
    position=3,
    of=TaskResults,
    draw=draw,
)
