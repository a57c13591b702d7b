"""Which mitigation helps which model, over all tasks together."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import INK, Figure, OverallResults, one_row_each, point
from reports.roles import is_control_model


def draw(results: OverallResults) -> Canvas | None:
    models = [model for model in results.models if model in set(results.overall.model) and not is_control_model(model)]
    if not models:
        return None
    canvas = Canvas(figsize=(2.4 * len(models) + 1.6, 0.5 * len(results.mitigations) + 1.6), layout="constrained")
    axes = canvas.subplots(2, len(models), sharex="row", sharey=True, squeeze=False)
    for column, model in enumerate(models):
        points(axes[0, column], results, model, "iqm")
        points(axes[1, column], results, model, "improvement")
        axes[0, column].set_title(model)
        axes[0, column].set_xlabel("interquartile mean of the score")
        axes[1, column].set_xlabel("probability to beat none")
        axes[1, column].axvline(0.5, color=INK, linestyle="--", linewidth=1)
    return canvas


def points(panel: Axes, results: OverallResults, model: str, figure: str) -> None:
    """A row a mitigation: the figure and its interval."""
    rows = results.overall[results.overall.model == model].set_index("mitigation")
    for y, (mitigation, colour) in enumerate(results.colours.items()):
        if mitigation in rows.index:
            row = rows.loc[mitigation]
            point(panel, colour, y, row[f"{figure}_low"], row[figure], row[f"{figure}_high"])
    one_row_each(panel, results.mitigations)
    panel.set_xlim(-0.03, 1.03)


FIGURE = Figure(
    name="overall",
    title="Over all tasks and lags",
    reading=(
        "Above, the mean of the middle half of all scores, which no single lucky or exploded trial can move far. Below, how likely a trial with the "
        "mitigation scores higher than the same seed without, ties counting half; right of the dashed line it helps. Bars are 95 % intervals: above by a "
        "bootstrap over the seeds within each task and lag (Agarwal et al. 2021), below Wilson's over the pairs; a point without one has none that is known."
    ),
    position=0,
    of=OverallResults,
    draw=draw,
)
