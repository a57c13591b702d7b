"""How much the learning rate matters."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from reports.figures.figure import Figure, TaskResults, grid, legend
from reports.statistics.sensitivity import by_rate


def draw(results: TaskResults) -> Canvas | None:
    tuning = results.trials[(results.trials.phase == "tune") & results.trials.learning_rate.notna()]
    if tuning.learning_rate.nunique() < 2:
        return None
    canvas, panels = grid(results, x="learning rate", y="score in tuning")
    rates = by_rate(tuning).droplevel("task").reset_index("learning_rate")
    for panel in panels.values():
        panel.set_xscale("log")
        panel.minorticks_off()
        panel.set_ylim(-0.03, 1.03)
    for mitigation, colour in results.colours.items():
        for (lag, model), panel in panels.items():
            if (lag, model, mitigation) in rates.index:
                of_condition = rates.loc[[(lag, model, mitigation)]]
                panel.plot(of_condition.learning_rate, of_condition.score, color=colour, marker="o", markersize=3, linewidth=1.1)
    legend(canvas, results)
    return canvas


FIGURE = Figure(
    name="sensitivity",
    title="Learning rates that work",
    reading=(
        "The mean validation score of the tuning trials at each learning rate of the grid. A broad plateau forgives a rate that is not quite right; "
        "a single high point was lucky to be in the grid. SGD and the adaptive optimizers have their grids at different places."
    ),
    position=6,
    of=TaskResults,
    draw=draw,
)
