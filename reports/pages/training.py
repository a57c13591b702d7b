"""The page of a diagnosed Keras training: what is wrong with it, and what its gradients and its loss did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

from unvanish.reports.drawings import box, line, power, svg, text
from unvanish.reports.pages.templating import environment

WIDTH, LEFT, TOP, HEIGHT = 420, 46, 30, 170
MOST_POINTS = 400  # of a curve, since a browser draws no more than the figure has pixels


def render(content: Mapping[str, Any]) -> str:
    """One self-contained HTML file, from the plain data of a diagnosis."""
    record = content["record"]
    probes = record["probes"]
    figures = [loss_over_steps(record), *through_time(probes), *by_layer(record, probes[0])]
    return environment().get_template("training.html").render(c=content, record=record, figures=[figure for figure in figures if figure])


def loss_over_steps(record: Mapping[str, Any]) -> str:
    """The loss of every training batch, and that of the best constant prediction, [step], on a log scale."""
    losses = [(step + 1, value) for step, value in enumerate(record["losses"]) if value is not None and value > 0]
    if not losses:
        return ""
    end = record["end"]
    constant = mean(end["constant"]) if end else None
    every = ceil(len(losses) / MOST_POINTS)
    shown = losses[::every]
    values = [value for _, value in shown] + ([constant] if constant else [])
    last = max(record["losses"] and len(record["losses"]), 2)
    axis, level = log_axis(values)
    body = [*axis, *step_axis(last)]
    if constant:
        y = level(constant)
        body += [line(LEFT, y, WIDTH, y, "axis"), text(WIDTH - 4, y - 6, "best constant prediction", "small faint", "end")]
    path = "L".join(f"{across(step, last):.1f} {level(value):.1f}" for step, value in shown)
    body.append(f'<path d="M{path}" class="curve vanishing"/>')
    told = f"From {losses[0][1]:.3g} at the first step to {losses[-1][1]:.3g} at step {losses[-1][0]}"
    return drawing("loss", "Loss of each training batch", told + (f"; the best constant prediction reaches {constant:.3g}." if constant else "."), body)


def through_time(probes: Sequence[Mapping[str, Any]]) -> list[str]:
    """By recurrent layer the gradient's norm at the state of each step, before training and at the last measurement."""
    drawn: list[str] = []
    for name in probes[0]["state_gradient"]:
        curves = [(label, probe["state_gradient"].get(name, [])) for label, probe in (("before training", probes[0]), ("at the end", probes[-1]))]
        positive = [value for _, norms in curves for value in norms if value]
        length = max(len(norms) for _, norms in curves)
        if not positive or length < 2:
            continue
        axis, level = log_axis(positive)
        body = [*axis, *step_axis(length, "time step")]
        for index, (label, norms) in enumerate(curves):
            style = "vanishing" if index == 0 else "exploding"
            points = [(t, value) for t, value in enumerate(norms, 1) if value]
            body.append(
                f'<path d="M{"L".join(f"{across(t, length):.1f} {level(value):.1f}" for t, value in points)}" class="curve {style}"/>' if points else ""
            )
            body += [
                box(LEFT + 130 * index, TOP + HEIGHT + 42, 12, 10, f"bar {style}", 2),
                text(LEFT + 18 + 130 * index, TOP + HEIGHT + 51, label, "small", "start"),
            ]
        told = "; ".join(f"{label}: {tell(norms)}" for label, norms in curves)
        drawn.append(drawing(f"time-{len(drawn)}", f"Gradient through time, {name}", f"Norm of the gradient with respect to the state, {told}.", body, 20))
    return drawn


def by_layer(record: Mapping[str, Any], probe: Mapping[str, Any]) -> list[str]:
    """The gradient's norm by layer, before training: a bar a layer, in the order in which the model calls them."""
    layers = [layer["name"] for layer in record["setup"]["layers"] if layer["name"] in probe["layer_gradient"]]
    values = [probe["layer_gradient"][name] for name in layers]
    positive = [value for value in values if value]
    if not positive:
        return []
    low, high = decades(positive)
    left, row = 150, 24
    body = []
    for exponent in ticks(low, high):
        x = left + (exponent - low) / (high - low) * (WIDTH - left)
        end = TOP + row * len(layers)
        body += [line(x, TOP, x, end, "grid"), text(x, end + 16, power(exponent), "small faint", "end" if exponent == high else "middle")]
    for place, (name, value) in enumerate(zip(layers, values, strict=True)):
        y = TOP + row * place
        body.append(text(left - 8, y + 16, name if len(name) < 22 else f"{name[:19]}...", "small", "end"))
        if value:
            body.append(box(left, y + 4, max((log10(value) - low) / (high - low) * (WIDTH - left), 2), row - 8, "bar vanishing", 2))
        else:
            body.append(text(left + 6, y + 16, "not finite" if value is None else "exactly 0", "small faint", "start"))
    told = "; ".join(f"{name} {'not finite' if value is None else format(value, '.2g')}" for name, value in zip(layers, values, strict=True))
    height = TOP + row * len(layers) + 26
    title = "Gradient by layer, before training"
    return [svg("layers", WIDTH + 10, height, title, f"Norms from the first layer to the last: {told}.", [text(0, 16, title, "strong", "start"), *body])]


def drawing(name: str, title: str, description: str, body: Sequence[str], more: float = 0) -> str:
    return svg(name, WIDTH + 10, TOP + HEIGHT + 40 + more, title, description, [text(0, 16, title, "strong", "start"), *body])


def log_axis(values: Sequence[float]) -> tuple[list[str], Any]:
    """Lines and labels of a log scale, and the height of a value on it."""
    low, high = decades(values)

    def level(value: float) -> float:
        return TOP + (high - log10(value)) / (high - low) * HEIGHT

    drawn: list[str] = []
    for exponent in ticks(low, high):
        y = level(10.0**exponent)
        drawn += [line(LEFT, y, WIDTH, y, "grid"), text(LEFT - 6, y + 4, power(exponent), "small faint", "end")]
    return drawn, level


def step_axis(last: int, name: str = "step") -> list[str]:
    marks = sorted({1, ceil(last / 2), last})
    labels = [text(across(step, last), TOP + HEIGHT + 18, str(step), "small faint") for step in marks]
    return [*labels, text(LEFT + (WIDTH - LEFT) / 2, TOP + HEIGHT + 33, name, "small faint")]


def across(step: float, last: int) -> float:
    return LEFT + (step - 1) / max(last - 1, 1) * (WIDTH - LEFT - 12) + 6


def decades(values: Sequence[float]) -> tuple[int, int]:
    """Exponents of the scale's ends."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return (low, high) if low < high else (low - 1, high)


def ticks(low: int, high: int) -> range:
    return range(low, high + 1, max(1, ceil((high - low) / 6)))


def mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and sum(known) > 0 else None


def tell(norms: Sequence[float | None]) -> str:
    first, last = (norms[0], norms[-1]) if norms else (None, None)
    return f"{first or 0:.1e} at the first step, {last or 0:.1e} at the last"
