"""The figures of the explanation: the gradient of each day on a log scale, and the error as a function of one weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib
import numpy as np
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unvanish.reports.figures.style import ACCENT, FAINT, INK, STYLE, WARM
from unvanish.reports.figures.svg import as_svg
from unvanish.reports.shown_text import drawn

Array = NDArray[np.float64]
LETTERS: dict[str, Any] = {"font.size": 9, "axes.titlesize": 9.5, "axes.labelsize": 9, "xtick.labelsize": 9, "ytick.labelsize": 9}
COLOURS = {"vanishing": ACCENT, "exploding": WARM}
SMALLEST = 1e-300  # a norm below it has no logarithm that could be drawn


@dataclass(frozen=True)
class DayPanel:
    """One panel: the gradient of each day relative to that of the last one [time], and the day of the last input."""

    title: str
    kind: str
    relative: Array
    information_step: int


@dataclass(frozen=True)
class WeightPanel:
    """One panel: the error over the weight [point], and marks at a weight and its error, by label."""

    title: str
    kind: str
    weights: Array
    errors: Array
    marks: dict[str, tuple[float, float]]


def gradient_by_day(name: str, title: str, panels: Sequence[DayPanel], columns: int, width: float) -> Markup:
    """Draw a bar a day, up from 1 where the gradient is larger than on the last day, down where it is smaller; exactly zero has no bar.

    All panels share one scale; `width` of the figure in inches.
    """
    rows = -(-len(panels) // columns)
    positive = np.concatenate([panel.relative[panel.relative > SMALLEST] for panel in panels])
    low, high = np.floor(np.log10(positive.min())), np.ceil(np.log10(positive.max()))
    with matplotlib.rc_context(STYLE | LETTERS):
        figure = Figure(figsize=(width, 2.4 * rows), layout="constrained")
        for axes, panel in zip(figure.subplots(rows, columns, sharey=True, squeeze=False).flat, panels, strict=True):
            draw_days(axes, panel)
            axes.set_ylim(10.0 ** min(low, -1), 10.0 ** max(high, 0.3))
        return as_svg(figure, name, title, "; ".join(describe_days(panel) for panel in panels))


def draw_days(axes: Axes, panel: DayPanel) -> None:
    """Draw one panel on a log scale."""
    days = np.arange(len(panel.relative))
    shown = panel.relative > SMALLEST
    axes.set_yscale("log")
    axes.grid(axis="y")
    axes.bar(days[shown], panel.relative[shown] - 1, bottom=1, width=0.76, color=COLOURS[panel.kind])
    axes.axhline(1, color=FAINT, linewidth=1)
    if not shown.all():
        axes.text(days[~shown].mean(), 1.3, "exactly 0", ha="center", va="bottom")
    axes.set_title(drawn(panel.title))
    axes.set_xticks([panel.information_step, days[-1]], [f"{panel.information_step}: last exercise done", str(days[-1])])
    if panel.information_step < days[-1] / 3:
        axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.set_xlim(-0.6, days[-1] + 0.6)


def describe_days(panel: DayPanel) -> str:
    """Return the values as text, for those who do not see the bars."""
    return f"{panel.title}, relative to the last day, from t = 0: {', '.join(f'{value:.1e}' for value in panel.relative)}"


def error_by_weight(name: str, title: str, panels: Sequence[WeightPanel], limit: float, width: float) -> Markup:
    """Draw the error over the weight from -limit to limit, with a mark where the weight is and where one update with each rule brings it."""
    top = 1.15 * max(max(panel.errors.max(), *(error for weight, error in panel.marks.values() if abs(weight) <= limit)) for panel in panels)
    with matplotlib.rc_context(STYLE | LETTERS):
        figure = Figure(figsize=(width, 2.7), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False).flat, panels, strict=True):
            sns.lineplot(x=panel.weights, y=panel.errors, ax=axes, color=COLOURS[panel.kind], linewidth=1.8, estimator=None)
            axes.set(xlim=(-limit, limit), ylim=(0, top), xlabel="the weight", ylabel="error of the last day", title=drawn(panel.title))
            axes.grid(axis="y")
            axes.label_outer()
            for marker, (label, (weight, error)) in zip(cycle("osD^vPX"), panel.marks.items()):
                text = label if abs(weight) <= limit else f"{label}: to {weight:.1f}"
                axes.plot(np.clip(weight, -limit, limit), min(error, top), marker, label=drawn(text), color=INK, fillstyle="none", clip_on=False)
            axes.legend(loc="upper right", frameon=False)
        return as_svg(figure, name, title, "; ".join(describe_marks(panel) for panel in panels))


def describe_marks(panel: WeightPanel) -> str:
    """Return the marks as text."""
    return f"{panel.title}: " + ", ".join(f"{label} at {weight:.3g} with error {error:.3g}" for label, (weight, error) in panel.marks.items())
