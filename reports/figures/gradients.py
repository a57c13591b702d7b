"""How much of the error reaches each time step, at the end of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, TaskResults, each_trial, grid, legend

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
    last = gradients[gradients.step == gradients.groupby(["lag", "model", "mitigation", "seed"]).step.transform("max")]
    for panel, colour, trial in each_trial(results, panels, last):
        norm = trial.sort_values("steps_back").norm.to_numpy()
        if np.isfinite(norm).all() and norm[0] > 0:
            relative = norm / norm[0]
            panel.plot(np.where(relative > 0, np.maximum(relative, FLOOR), np.nan), color=colour, linewidth=1.1, alpha=0.8)
    legend(canvas, results, "where the information is", linestyle=":")
    return canvas


FIGURE = Figure(
    name="gradients",
    title="Gradient through time",
    reading=(
        "The norm of the gradient that arrives at each step after training, relative to the last step; a line is an evaluation trial. "
        "A line that falls steeply has vanished; one that ends before the dotted line was cut off by truncation, and cannot teach the task."
    ),
    position=3,
    draw=draw,
)
