"""The memory horizon of each model and mitigation."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from reports.figures.figure import FAINT, Figure, TaskResults, one_row_each, point
from reports.roles import is_control_model


def draw(results: TaskResults) -> Canvas | None:
    models = [model for model in results.models if model in set(results.horizons.model) and not is_control_model(model)]
    if len(results.lags) < 2 or not models:
        return None
    canvas = Canvas(figsize=(2.4 * len(models) + 1.6, 0.22 * len(results.mitigations) + 1.0), layout="constrained")
    for panel, model in zip(canvas.subplots(1, len(models), sharey=True, squeeze=False)[0], models, strict=True):
        one_model(panel, results, model)
    return canvas


def one_model(panel: Axes, results: TaskResults, model: str) -> None:
    """A row a mitigation; lags are evenly spaced, with a place before the shortest for those that solve none."""
    places = {0: 0, **{lag: place for place, lag in enumerate(results.lags, start=1)}}
    rows = results.horizons[results.horizons.model == model].set_index("mitigation")
    for y, (mitigation, colour) in enumerate(results.colours.items()):
        if mitigation not in rows.index:
            panel.text(0, y, "n/a", color=FAINT, va="center", ha="center", fontsize=7)
            continue
        low, here, high = (places[rows.loc[mitigation, end]] for end in ("low", "lag", "high"))
        point(panel, colour, y, low, here, high)
    panel.set_title(model)
    panel.set_xlabel("lag")
    panel.set_xticks(list(places.values()), ["none", *map(str, results.lags)])
    panel.set_xlim(-0.4, len(results.lags) + 0.4)
    one_row_each(panel, results.mitigations)


FIGURE = Figure(
    name="horizon",
    title="Memory horizon",
    reading=(
        "The longest lag at which at least half of the evaluation trials solve the task, as they do at every shorter lag; a dot at the right end "
        "says that the horizon may lie beyond. The bar reaches from where the lower to where the upper bound of Wilson's 95 % interval puts it."
    ),
    position=2,
    of=TaskResults,
    draw=draw,
)
