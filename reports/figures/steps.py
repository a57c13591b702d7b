"""How many training steps it takes to solve the task, trials that never do included."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import Figure, TaskResults, grid, legend
from reports.statistics.survival import StepsToSolved


def draw(results: TaskResults) -> Canvas | None:
    evaluated = results.trials[results.trials.phase == "evaluate"]
    if not evaluated.solved_at.notna().any():
        return None
    canvas, panels = grid(results, x="training step", y="share solved")
    conditions = dict(iter(evaluated.groupby(["mitigation", "lag", "model"])))
    for mitigation, colour in results.colours.items():
        for (lag, model), panel in panels.items():
            panel.set_ylim(-0.03, 1.03)
            trials = conditions.get((mitigation, lag, model), pd.DataFrame())
            if len(trials):
                curve = StepsToSolved(trials.solved_at, trials.steps).curve()
                panel.step(curve.step, curve.share, where="post", color=colour, linewidth=1.2)
    legend(canvas, results)
    return canvas


FIGURE = Figure(
    name="steps",
    title="Steps to solved",
    reading=(
        "The share of evaluation trials that have solved the task by each training step, after Kaplan and Meier. A curve that rises early is fast, "
        "one that ends high is reliable; a trial that exploded or never solved the task keeps its curve down to the end."
    ),
    position=4,
    of=TaskResults,
    draw=draw,
)
