"""What every figure is: something drawn for one task, a sentence on how to read it, and SVG that fits a page in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

INK, FAINT = "#0a0b0c", "#8a8b8c"  # replaced in the SVG by the page's own colours
FAR_APART = (0, 1, 2, 4, 9, 3, 7, 8, 6, 5)  # of seaborn's colour-blind palette, so that the first few differ most
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class TaskResults:
    """What a figure of one task is drawn from: rows of that task only."""

    task: str
    at_lag: dict[int, dict[str, Any]]  # facts of the task by lag, as in the plan
    models: list[str]
    mitigations: list[str]
    conditions: pd.DataFrame
    trials: pd.DataFrame
    curves: pd.DataFrame
    gradients: pd.DataFrame

    @property
    def lags(self) -> list[int]:
        return sorted(self.at_lag)

    @property
    def colours(self) -> dict[str, Any]:
        """The colour of each mitigation, the same in every figure of a report."""
        count = len(self.mitigations)
        palette = [sns.color_palette("colorblind")[i] for i in FAR_APART[:count]] if count <= len(FAR_APART) else sns.color_palette("husl", count)
        return dict(zip(self.mitigations, palette, strict=True))


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    reading   what a reader may conclude from it
    draw      draws it; None where there is nothing to draw
    """

    name: str
    title: str
    reading: str
    position: int
    draw: Callable[[TaskResults], Canvas | None]

    def svg(self, results: TaskResults) -> str | None:
        """The figure of a task as accessible SVG, byte for byte the same for the same data."""
        salt = f"{results.task}-{self.name}"
        settings: Any = {**STYLE, "svg.hashsalt": salt}
        with matplotlib.rc_context(settings):
            canvas = self.draw(results)
            if canvas is None:
                return None
            buffer = io.StringIO()
            canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.05)
        svg = buffer.getvalue()
        svg = svg[svg.index("<svg") :]
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to them, and another figure has the same
        svg = svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
        alternative = f'<title id="{salt}-title">{escape(f"{self.title}: {results.task}")}</title><desc id="{salt}-desc">{escape(self.reading)}</desc>'
        return svg.replace(">", f' role="img" aria-labelledby="{salt}-title {salt}-desc">{alternative}', 1)


def grid(results: TaskResults, height: float = 1.9) -> tuple[Canvas, np.ndarray]:
    """A panel for each lag (row) and model (column), titled at the edges."""
    canvas = Canvas(figsize=(2.6 * len(results.models) + 0.8, height * len(results.lags) + 0.9), layout="constrained")
    axes = canvas.subplots(len(results.lags), len(results.models), sharex="row", sharey="row", squeeze=False)
    for row, lag in enumerate(results.lags):
        for column, model in enumerate(results.models):
            axes[row, column].set_title(f"{model}, lag {lag}")
            axes[row, column].grid(True)
    return canvas, axes
