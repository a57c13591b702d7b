"""Learning curves with the memoryless baseline dashed."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from reports.figures.figure import INK, Figure, TaskResults, grid


def draw(results: TaskResults) -> Canvas | None:
    curves = results.curves[results.curves.phase == "evaluate"]
    if curves.empty:
        return None
    canvas, axes = grid(results)
    for row, lag in enumerate(results.lags):
        baseline = results.at_lag[lag]["baseline_loss"]
        for column, model in enumerate(results.models):
            panel = axes[row, column]
            for mitigation, colour in results.colours.items():
                here = curves[(curves.lag == lag) & (curves.model == model) & (curves.mitigation == mitigation)]
                for _, seed in here.groupby("seed"):
                    panel.plot(seed.step, seed.loss, color=colour, linewidth=1.1, alpha=0.8)
                    lived = seed[seed.loss.notna()]
                    if len(lived) < len(seed) and len(lived):  # the trial exploded: its curve ends in a cross
                        panel.plot(lived.step.iloc[-1], min(lived.loss.iloc[-1], 1.5 * baseline), marker="x", color=colour, clip_on=False)
            panel.axhline(baseline, color=INK, linestyle="--", linewidth=1)
            panel.set_ylim(0, 1.6 * baseline)
            if row == len(results.lags) - 1:
                panel.set_xlabel("training step")
        axes[row, 0].set_ylabel("validation loss")
    handles = [Line2D([], [], color=colour, label=name) for name, colour in results.colours.items()]
    handles.append(Line2D([], [], color=INK, linestyle="--", label="memoryless baseline"))
    canvas.legend(handles=handles, loc="outside lower center", ncols=4)
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
