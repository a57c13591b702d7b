"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, TaskResults, each_condition, grid, legend, lines

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
    for panel, colour, losses in each_condition(results, panels, curves, x="step", y="loss"):
        lines(panel, colour, losses)
        for _, loss in losses.items():
            lived = loss.dropna()
            if 0 < len(lived) < len(loss):  # the trial exploded: a cross where its curve ends
                panel.plot(lived.index[-1], min(lived.iloc[-1], panel.get_ylim()[1]), marker="x", color=colour, clip_on=False)
    legend(canvas, results, "memoryless baseline", linestyle="--")
    return canvas


FIGURE = Figure(
    name="learning",
    title="Learning curves",
    reading=(
        "A line is an evaluation trial or, of more than five, their median with the middle half of them in a band. Below the dashed line "
        "the network remembers something; one that stays on it remembers nothing; "
        "a cross is where a trial exploded."
    ),
    position=2,
    draw=draw,
)
