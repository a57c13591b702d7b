"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, TaskResults, each_trial, grid, legend

TOP = 1.6  # times the baseline


def draw(results: TaskResults) -> Canvas | None:
    curves = results.curves[results.curves.phase == "evaluate"]
    if curves.empty:
        return None
    canvas, panels = grid(results, x="training step", y="validation loss")
    for (lag, _), panel in panels.items():
        baseline = results.at_lag[lag]["baseline_loss"]
        panel.axhline(baseline, color=INK, linestyle="--", linewidth=1)
        panel.set_ylim(0, TOP * baseline)
    for panel, colour, trial in each_trial(results, panels, curves):
        panel.plot(trial.step, trial.loss, color=colour, linewidth=1.1, alpha=0.8)
        lived = trial[trial.loss.notna()]
        if 0 < len(lived) < len(trial):  # the trial exploded: its curve ends in a cross
            panel.plot(lived.step.iloc[-1], min(lived.loss.iloc[-1], panel.get_ylim()[1]), marker="x", color=colour, clip_on=False)
    legend(canvas, results, "memoryless baseline", linestyle="--")
    return canvas


FIGURE = Figure(
    name="learning",
    title="Learning curves",
    reading=(
        "A line is an evaluation trial. Below the dashed line the network remembers something; one that stays on it remembers nothing; "
        "a cross is where a trial exploded."
    ),
    position=2,
    draw=draw,
)
