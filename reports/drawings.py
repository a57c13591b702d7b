"""Drawings of a network's numbers as SVG in the page's colours: the unrolled network, bars on a log scale, an error over a weight."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from unvanish.suite.explain import Explanation, Study
from unvanish.suite.explain.activations import Array
from unvanish.suite.explain.schedule import ROTATION

MINUS, DIGITS = "\N{MINUS SIGN}", str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def svg(name: str, width: float, height: float, title: str, description: str, body: Sequence[str]) -> str:
    """An image with its alternative text; `name` is unique on the page."""
    return (
        f'<svg id="{name}" class="drawing" role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}"><title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"{''.join(body)}</svg>"
    )


def text(x: float, y: float, words: str, style: str = "", anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(words)}</text>'


def symbol(x: float, y: float, letter: str) -> str:
    """The weight matrix W with an index."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="small"><tspan font-style="italic">W</tspan><tspan dy="3" font-size="10">{letter}</tspan></text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def box(x: float, y: float, width: float, height: float, style: str, radius: float = 6, more: str = "") -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" class="{style}"{more}/>'


def arrow(x1: float, y1: float, x2: float, y2: float, style: str = "arrow") -> str:
    """A line with a head; horizontal or vertical."""
    if x1 == x2:
        back = 6 if y2 < y1 else -6
        head = f"M{x2 - 4:.1f} {y2 + back:.1f}L{x2:.1f} {y2:.1f}L{x2 + 4:.1f} {y2 + back:.1f}"
    else:
        back = -6 if x2 > x1 else 6
        head = f"M{x2 + back:.1f} {y2 - 4:.1f}L{x2:.1f} {y2:.1f}L{x2 + back:.1f} {y2 + 4:.1f}"
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}{head}" class="{style}"/>'


def figure(value: float, digits: int = 2) -> str:
    return f"{value + 0.0:.{digits}f}".replace("-", MINUS)


def power(exponent: int) -> str:
    return "1" if exponent == 0 else f"10{str(exponent).translate(DIGITS)}"


ROW, COLUMN, GAP, LEFT = 21, 142, 40, 58


def unrolled(explanation: Explanation) -> str:
    """The network of the worked example, a column a day: input below, state, output above; the numbers stand in their nodes."""
    made = explanation.worked
    example, back, hidden = made.example, made.there_and_back, explanation.hidden
    y_top = 30
    h_top = y_top + ROW * len(ROTATION) + 12 + GAP
    x_top = h_top + ROW * hidden + 12 + GAP
    bottom = x_top + ROW * 2 + 10
    body = []
    for label, top, rows in (("output", y_top, len(ROTATION)), ("state", h_top, hidden), ("input", x_top, 2)):
        body.append(text(0, top + (ROW * rows + 12) / 2 + 4, label, "faint", "start"))
    for t in range(example.length):
        left = LEFT + t * (COLUMN + GAP)
        middle, right, zero = left + COLUMN / 2, left + COLUMN, left + 62
        body.append(text(middle, 16, f"t = {t}", "strong"))
        missed = not example.attended[t]
        known = bool(example.x[t, 0].any())
        body += [box(left, y_top, COLUMN, ROW * len(ROTATION) + 10, "node"), box(left, h_top, COLUMN, ROW * hidden + 10, "node state")]
        body.append(box(left, x_top, COLUMN, ROW * 2 + 10, "node" if known else "node missing"))
        answer = int(back.y[t, 0].argmax())
        for row, value in enumerate(back.y[t, 0]):
            line_y, style = y_top + ROW * (row + 1), "strong" if row == answer else "faint"
            if row == answer:
                body.append(box(left + 4, line_y - 14, COLUMN - 8, ROW - 1, "chosen", 4))
            body += [text(left + 10, line_y + 1, ROTATION[row], style, "start"), text(right - 10, line_y + 1, figure(value), style, "end")]
        for unit, value in enumerate(back.h[t, 0]):
            line_y = h_top + ROW * (unit + 1)
            shade, length = "positive" if value > 0 else "negative", 32 * abs(value)
            body.append(box(zero if value > 0 else zero - length, line_y - 14, length, ROW - 2, shade, 2))
            body += [text(left + 10, line_y + 1, f"h{'₁₂₃₄'[unit]}", "faint", "start"), text(right - 10, line_y + 1, figure(value), "", "end")]
        name = ROTATION[example.x[t, 0].argmax()] if known else "nothing"
        body.append(text(middle, x_top + ROW, name, "strong" if known else "faint"))
        body.append(text(middle, x_top + 2 * ROW, "  ".join(f"{entry:.0f}" for entry in example.x[t, 0]), "faint"))
        body.append(text(middle, bottom + 18, "missed today" if missed else "attends today", "faint"))
        body += [arrow(middle, x_top, middle, h_top + ROW * hidden + 12), arrow(middle, h_top, middle, y_top + ROW * len(ROTATION) + 12)]
        if t == 0:
            body += [symbol(middle + 8, x_top - 12, "x"), symbol(middle + 8, h_top - 12, "y")]
        if t + 1 < example.length:
            carries = t >= example.information_step
            level = h_top + (ROW * hidden + 10) / 2
            body.append(arrow(right, level, right + GAP - 2, level, "arrow carries" if carries else "arrow"))
            body.append(symbol(right + GAP / 2 - 12, level - 10, "h"))
    width = LEFT + example.length * (COLUMN + GAP) - GAP + 2
    last = ROTATION[example.x[example.information_step, 0].argmax()]
    return svg(
        "unrolled",
        width,
        bottom + 26,
        "The network unrolled over the days",
        f"One column a day. {last} is the last exercise done, at t = {example.information_step}; on the {explanation.lag} days after it the input is nothing, "
        f"and the state alone carries it to the last day, whose answer is {ROTATION[back.y[-1, 0].argmax()]}.",
        body,
    )


def bars(name: str, title: str, values: Array, decades: tuple[int, int], style: str, step: float, information_step: int) -> str:
    """A bar a day on a log scale: how many times the last day's value this one is. Up from 1 is larger, down from 1 smaller; zero has no bar.

    Values [time]; `decades` are the exponents of the scale's ends, `step` the width of a day in pixels.
    """
    low, high = decades
    top, left, height = 34, 46, 190
    width = left + step * len(values) + 8
    unit = height / (high - low)

    def level(value: float) -> float:
        return top + (high - min(max(log10(value), low), high)) * unit

    body = [text(0, 16, title, "strong", "start")]
    every = max(1, ceil((high - low) / 7))
    for exponent in range(low, high + 1):
        if exponent % every == 0:
            y = level(10.0**exponent)
            body += [line(left, y, width, y, "axis" if exponent == 0 else "grid"), text(left - 6, y + 4, power(exponent), "small faint", "end")]
    one, zeros = level(1.0), []
    for t, value in enumerate(values):
        x = left + t * step + step * 0.12
        if value > 0:
            y = level(value)
            shape = box(x, min(y, one) - (0 if abs(y - one) > 2 else 1), step * 0.76, max(abs(y - one), 2), style, 1.5)
            body.append(shape.replace("/>", f"><title>t = {t}: {value:.2e}</title></rect>"))
        else:
            zeros.append(x + step * 0.38)
        labelled = t in (information_step, len(values) - 1) or (t == 0 and step * information_step > 14) or step > 30
        if labelled:
            body.append(text(x + step * 0.38, top + height + 18, f"{t}", "small strong" if t == information_step else "small faint"))
    if zeros:
        body.append(text(sum(zeros) / len(zeros), one + 16, "exactly 0", "small faint"))
    body.append(text(left + (information_step + 0.5) * step, top + height + 33, "last exercise done", "small", "start" if step < 30 else "middle"))
    told = ", ".join(f"{value:.1e}" for value in values)
    return svg(name, width, top + height + 40, title, f"Relative to the last day, from t = 0: {told}.", body)


def decades_of(values: Sequence[Array]) -> tuple[int, int]:
    """Exponents between which all of the values lie that are not zero; 1 is among them."""
    logs = [log10(value) for series in values for value in series if value > 0]
    low, high = min(floor(min(logs)), 0), max(ceil(max(logs)), 0)
    return (low, high) if low < high else (-1, high)


def over_weight(study: Study, points: Array, errors: Array, top_error: float, limit: float) -> str:
    """The error as a function of the one weight, where the weight is, and where one update with each rule brings it.

    Points and errors [point]; the scale goes to `top_error` upwards and to `limit` on both sides.
    """
    kind = study.case.kind
    left, top, width, height = 46, 34, 420, 190

    def x_of(value: float) -> float:
        return left + (min(max(value, -limit), limit) + limit) / (2 * limit) * width

    def y_of(value: float) -> float:
        return top + (1 - min(value, top_error) / top_error) * height

    body = [text(0, 16, f"{kind}: error over the weight", "strong", "start")]
    for tick in (0.0, 0.5, 1.0):
        y = y_of(tick * top_error)
        body += [line(left, y, left + width, y, "grid"), text(left - 6, y + 4, f"{tick * top_error:.2g}", "small faint", "end")]
    for tick in (-limit, 0.0, limit):
        body.append(text(x_of(tick), top + height + 18, figure(tick, 1), "small faint"))
    path = "L".join(f"{x_of(point):.1f} {y_of(value):.1f}" for point, value in zip(points, errors, strict=True))
    body.append(f'<path d="M{path}" class="curve {kind}"/>')
    marks = {outcome.cure.name: outcome for outcome in study.outcomes if outcome.cure.name in ("none", "gradient_clipping", "rmsprop")}
    places = [("now", study.case.weight, study.plain.error)]
    places += [(outcome.cure.title if name != "none" else "no cure", outcome.new_weight, outcome.error_after) for name, outcome in marks.items()]
    groups: list[tuple[list[str], float, float, bool]] = []
    for label, weight, value in places:
        outside = abs(weight) > limit
        words = f"{label}: to {figure(weight, 1)}" if outside else label
        for names, x, y, _ in groups:
            if abs(x - x_of(weight)) < 4 and abs(y - y_of(value)) < 4:
                names.append(words)
                break
        else:
            groups.append(([words], x_of(weight), y_of(value), outside))
    for names, x, y, outside in groups:
        anchor = "start" if x < left + width * 0.3 else "end" if x > left + width * 0.7 else "middle"
        if outside:
            inward = -26 if x > left + width / 2 else 26
            body += [arrow(x + inward, y, x, y, f"arrow {kind}"), text(x, y - 12, ", ".join(names), "small", anchor)]
            continue
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="mark {kind}"/>')
        beside = names == ["now"]  # on the cliff, where there is room beside the curve
        body.append(text(x + 10, y + 4, "now", "small", "start") if beside else text(x, y + 20, ", ".join(names), "small", anchor))
    description = "; ".join(f"{label} at {weight:.3g} with error {value:.3g}" for label, weight, value in places)
    return svg(f"error-{kind}", left + width + 10, top + height + 26, f"The error over one weight, {kind} case", description, body)
