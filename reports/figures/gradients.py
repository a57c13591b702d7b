"""How much of the error reaches each time step, at the end of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, TaskResults, each_condition, grid, legend, lines

FLOOR, TOP = 1e-12, 1e4


def draw(results: TaskResults) -> Canvas | None:
    gradients = results.gradients[results.gradients.phase == "evaluate"]
    if gradients.empty:
        return None
    recurrent = [model for model in results.models if model in set(gradients.model)]
    canvas, panels = grid(replace(results, models=recurrent), x="steps back from the end", y="gradient, relative")
    for (lag, _), panel in panels.items():
        panel.axvline(results.at_lag[lag]["information_distance"], color=INK, linestyle=":", linewidth=1)
        panel.set_yscale("log")
        panel.set_ylim(FLOOR, TOP)
        panel.minorticks_off()
    last = gradients[gradients.step == gradients.groupby(["lag", "model", "mitigation", "seed"]).step.transform("max")]
    last = last.assign(norm=np.hypot(last.norm, last.cell_norm.fillna(0.0)))
    for panel, colour, norms in each_condition(results, panels, last, x="steps_back", y="norm"):
        leaves = norms.iloc[0].where(norms.iloc[0] > 0)  # by seed; where nothing leaves the end, nothing arrives
        relative = (norms / leaves).where(leaves.notna(), 0.0, axis="columns")
        lines(panel, colour, relative, floor=FLOOR)
    legend(canvas, results, {"where the information is": ":"})
    return canvas


FIGURE = Figure(
    name="gradients",
    title="Gradient through time",
    reading=(
        "The norm of the gradient of the last step's loss with respect to the state at each step (of an LSTM its cell too), after training, "
        "relative to the last step; a line is an evaluation trial "
        "or, of more than five, their median with the middle half of them in a band. "
        "A line that falls steeply has vanished; one that ends before the dotted line was cut off by truncation, and cannot teach the task."
    ),
    position=5,
    of=TaskResults,
    draw=draw,
)
