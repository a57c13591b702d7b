"""What every figure is: something drawn of one task or of all, a sentence on how to read it, and SVG that fits a page in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Generic, TypeVar

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

INK, FAINT = "#0a0b0c", "#8a8b8c"  # replaced in the SVG by the page's own colours
FEW_SEEDS, POINTS = 5, 60  # evaluation seeds drawn each for itself; points of a line
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
class Results:
    """What a figure is drawn from: `subject` is a task or all of them."""

    subject: str
    models: list[str]
    mitigations: list[str]

    @property
    def colours(self) -> dict[str, Any]:
        """The colour of each mitigation, the same in every figure of a report."""
        count = len(self.mitigations)
        palette = [sns.color_palette("colorblind")[i] for i in FAR_APART[:count]] if count <= len(FAR_APART) else sns.color_palette("husl", count)
        return dict(zip(self.mitigations, palette, strict=True))


@dataclass(frozen=True)
class TaskResults(Results):
    """Rows of one task only."""

    at_lag: dict[int, dict[str, Any]]  # facts of the task by lag, as in the plan
    conditions: pd.DataFrame
    horizons: pd.DataFrame
    references: pd.DataFrame
    trials: pd.DataFrame
    curves: pd.DataFrame
    gradients: pd.DataFrame

    @property
    def lags(self) -> list[int]:
        return sorted(self.at_lag)


@dataclass(frozen=True)
class OverallResults(Results):
    """A row a model and mitigation, over all tasks."""

    overall: pd.DataFrame


AnyResults = TypeVar("AnyResults", bound=Results)


@dataclass(frozen=True)
class Figure(Generic[AnyResults]):
    """A kind of figure.

    of        what it is drawn from: the results of a task, or of all
    reading   what a reader may conclude from it
    draw      draws it; None where there is nothing to draw
    """

    name: str
    title: str
    reading: str
    position: int
    of: type[AnyResults]
    draw: Callable[[AnyResults], Canvas | None]

    def svg(self, results: AnyResults) -> str | None:
        """The figure as accessible SVG, byte for byte the same for the same data."""
        salt = f"{results.subject}-{self.name}".replace(" ", "-")
        settings: Any = {**STYLE, "svg.hashsalt": salt}
        with matplotlib.rc_context(settings):
            canvas = self.draw(results)
            if canvas is None:
                return None
            arrange(canvas)
            buffer = io.StringIO()
            canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        svg = buffer.getvalue()
        svg = svg[svg.index("<svg") :]
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to them, and another figure has the same
        svg = re.sub(r" font-family: [^;]*;", "", svg)  # the page's
        svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
        svg = re.sub(r'(?<= d=")[^"]*', coarse, svg)
        svg = re.sub(r">\s+<", "><", svg)
        svg = svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
        alternative = f'<title id="{salt}-title">{escape(f"{self.title}: {results.subject}")}</title><desc id="{salt}-desc">{escape(self.reading)}</desc>'
        return svg.replace(">", f' role="img" aria-labelledby="{salt}-title {salt}-desc">{alternative}', 1)


def arrange(canvas: Canvas) -> None:
    """Lays the panels out once; saving would do so three times, which is most of the time a figure takes."""
    engine = canvas.get_layout_engine()
    if engine is not None:
        engine.execute(canvas)
        canvas.set_layout_engine(None)  # else saving draws it once more, for the layout


def coarse(path: re.Match[str]) -> str:
    """A path to a tenth of a point, on one line."""
    return re.sub(r"(\.\d)\d+", r"\1", " ".join(path.group().split()))


def grid(results: TaskResults, x: str, y: str) -> tuple[Canvas, dict[tuple[int, str], Axes]]:
    """A panel for each lag (row) and model (column), by (lag, model)."""
    canvas = Canvas(figsize=(2.6 * len(results.models) + 0.8, 1.9 * len(results.lags) + 0.9), layout="constrained")
    axes = canvas.subplots(len(results.lags), len(results.models), sharex="row", sharey="row", squeeze=False)
    panels = {}
    for row, lag in zip(axes, results.lags, strict=True):
        for panel, model in zip(row, results.models, strict=True):
            panel.set_title(f"{model}, lag {lag}")
            panel.grid(True)
            panels[lag, model] = panel
        row[0].set_ylabel(y)
    for panel in axes[-1]:
        panel.set_xlabel(x)
    return canvas, panels


def each_condition(results: TaskResults, panels: dict[tuple[int, str], Axes], rows: pd.DataFrame, x: str, y: str) -> Iterator[tuple[Axes, Any, pd.DataFrame]]:
    """The panel, the colour and a table of each condition, mitigations in the profile's order: y by x (down) and seed (across)."""
    conditions = dict(iter(rows.groupby(["mitigation", "lag", "model"])))
    for mitigation, colour in results.colours.items():
        for (name, lag, model), condition in conditions.items():
            if name == mitigation:
                yield panels[lag, model], colour, condition.pivot(index=x, columns="seed", values=y)


def lines(panel: Axes, colour: Any, table: pd.DataFrame, floor: float | None = None) -> None:
    """A line for each seed where they are few; the median, and a band with the middle half of them, where they are many.

    A figure that is missing, since the trial exploded, counts as infinite: those that are left must not speak for all. With a
    `floor`, nothing is drawn lower, and nothing at all where a line is zero.
    """

    def drawn(figures: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
        finite = figures.where(np.isfinite(figures))
        return finite if floor is None else finite.where(finite > 0).clip(lower=floor)

    kept = table.iloc[np.unique(np.linspace(0, len(table) - 1, min(POINTS, len(table))).round().astype(int))]
    if kept.shape[1] <= FEW_SEEDS:
        panel.plot(kept.index, drawn(kept), color=colour, linewidth=1.1, alpha=0.8)
    else:
        low, middle, high = (drawn(kept.fillna(np.inf).quantile(share, axis=1, interpolation="higher")) for share in (0.25, 0.5, 0.75))
        panel.fill_between(kept.index, low, high, color=colour, alpha=0.2, linewidth=0)
        panel.plot(kept.index, middle, color=colour, linewidth=1.1)


def point(panel: Axes, colour: Any, y: float, low: float, here: float, high: float) -> None:
    """A figure with its interval, on row y."""
    panel.plot([low, high], [y, y], color=colour, linewidth=2.5, alpha=0.35, solid_capstyle="round")
    panel.plot(here, y, marker="o", color=colour, markersize=5)


def one_row_each(panel: Axes, mitigations: Sequence[str]) -> None:
    """A row for each mitigation, the first one on top."""
    panel.set_yticks(np.arange(len(mitigations)), mitigations)
    panel.set_ylim(len(mitigations) - 0.5, -0.5)
    panel.tick_params(length=0)
    panel.grid(True, axis="x")


def legend(canvas: Any, results: Results, marks: Mapping[str, Any] | None = None) -> None:
    """The mitigations' colours, and what the lines mark that are drawn in these styles."""
    handles = [Line2D([], [], color=colour, label=name) for name, colour in results.colours.items()]
    handles += [Line2D([], [], color=INK, linestyle=style, linewidth=1, label=mark) for mark, style in (marks or {}).items()]
    canvas.legend(handles=handles, loc="outside lower center", ncols=4)
