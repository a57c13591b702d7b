"""How much of the error reaches each time step, at the end of training."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from reports.figures.figure import INK, Figure, TaskResults, grid

FLOOR = 1e-12


def draw(results: TaskResults) -> Canvas | None:
    gradients = results.gradients[results.gradients.phase == "evaluate"]
    if gradients.empty:
        return None
    recurrent = [model for model in results.models if model in set(gradients.model)]
    results = TaskResults(**{**vars(results), "models": recurrent})
    canvas, axes = grid(results)
    last = gradients[gradients.step == gradients.groupby(["lag", "model", "mitigation", "seed"]).step.transform("max")]
    for row, lag in enumerate(results.lags):
        for column, model in enumerate(recurrent):
            panel = axes[row, column]
            for mitigation, colour in results.colours.items():
                here = last[(last.lag == lag) & (last.model == model) & (last.mitigation == mitigation)]
                for _, seed in here.groupby("seed"):
                    norm = seed.sort_values("steps_back").norm.to_numpy()
                    if norm.size and np.isfinite(norm).all() and norm[0] > 0:
                        relative = norm / norm[0]
                        panel.plot(np.where(relative > 0, np.maximum(relative, FLOOR), np.nan), color=colour, linewidth=1.1, alpha=0.8)
            panel.axvline(results.at_lag[lag]["information_distance"], color=INK, linestyle=":", linewidth=1)
            panel.set_yscale("log")
            panel.set_ylim(FLOOR, 1e4)
            if row == len(results.lags) - 1:
                panel.set_xlabel("steps back from the end")
        axes[row, 0].set_ylabel("gradient, relative")
    handles = [Line2D([], [], color=colour, label=name) for name, colour in results.colours.items()]
    handles.append(Line2D([], [], color=INK, linestyle=":", label="where the information is"))
    canvas.legend(handles=handles, loc="outside lower center", ncols=4)
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
