"""What every figure is: a table made from a benchmark, and a function that draws one panel of it.

Data and drawing are apart, so that the same table is drawn on the page (each panel is an SVG of its own, which the page's
style sheet places), in files for a paper (all panels on one sheet) and written as CSV.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.marks import shows_something
from unvanish.reports.figures.style import STYLE, themed
from unvanish.tasks.errors import UsageError

SHEET_WIDTH, GAP, HEADING = 11.0, 0.15, 0.3  # inches
Margins = tuple[float, float, float, float]  # inches at the left, bottom, right and top


class BlankPanel(UsageError):
    """A panel shows nothing of the rows it is drawn from; the message names the figure and the panel."""


@dataclass(frozen=True)
class Panel:
    """One panel: `rows` of the table are its own, `group` also has those of its neighbours in the same row of panels."""

    key: dict[str, Any]
    name: Any
    rows: pd.DataFrame
    group: pd.DataFrame


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    caption   what a reader may conclude from it
    table     what it is drawn from, a row for whatever is a mark in it; empty where there is nothing to draw
    across    the columns of the table whose values name a row of panels
    panel     the column whose values name the panels in that row
    draw      draws one panel on axes
    size      of the drawn area of a panel in inches, from the table of its row of panels
    longest   whether the page shows each task's longest lag only, since all would be too many to look at
    """

    name: str
    title: str
    caption: str
    position: int
    table: Callable[[Benchmark], pd.DataFrame]
    across: tuple[str, ...]
    panel: str
    draw: Callable[[Axes, Panel], None]
    size: Callable[[pd.DataFrame], tuple[float, float]]
    margins: Margins = (0.4, 0.35, 0.1, 0.25)
    longest: bool = False

    def panels(self, table: pd.DataFrame) -> Iterator[Panel]:
        """The panels of a table, in its order."""
        groups = table.groupby(list(self.across), sort=False) if self.across else [((), table)]
        for key, group in groups:
            for name, rows in group.groupby(self.panel, sort=False):
                yield Panel(dict(zip(self.across, key, strict=True)), name, rows, group)

    def width(self, group: pd.DataFrame) -> float:
        """The width of a whole panel in inches, from the table of its row of panels."""
        return self.margins[0] + self.size(group)[0] + self.margins[2]

    def on_page(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that the page shows."""
        return longest_lags(table) if self.longest and len(table) else table

    def svg(self, panel: Panel) -> str:
        """One panel as accessible SVG in the page's colours, byte for byte the same for the same data; raises `BlankPanel`."""
        label = heading({"title": self.title, **panel.key, self.panel: panel.name})
        salt = re.sub(r"[^a-z0-9]+", "-", f"{self.name} {'-'.join(map(str, panel.key.values()))} {panel.name}".lower())
        left, bottom, right, top = self.margins
        width, height = self.size(panel.group)
        whole = (left + width + right, bottom + height + top)
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": salt}):
            canvas = Canvas(figsize=whole)
            axes = canvas.add_axes((left / whole[0], bottom / whole[1], width / whole[0], height / whole[1]))
            self.fill(axes, panel)
            buffer = io.StringIO()
            canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        box = " ".join(f"{100 * share:.2f}" for share in (left / whole[0], top / whole[1], width / whole[0], height / whole[1]))
        return accessible(themed(buffer.getvalue()), label, box)

    def fill(self, axes: Axes, panel: Panel) -> None:
        """Draws one panel and makes sure that it shows something; raises `BlankPanel`."""
        self.draw(axes, panel)
        if not shows_something(axes):
            where = heading({**panel.key, self.panel: panel.name})
            raise BlankPanel(f"the figure {self.title!r} draws nothing in its panel {where!r}, though its table has {len(panel.rows)} rows for it")

    def sheets(self, table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, Canvas]]:
        """All panels on paper: a name, the table and the canvas of each task, or of the whole table where it has no tasks; raises `BlankPanel`."""
        parts = table.groupby("task", sort=False) if "task" in self.across else [("", table)]
        for task, part in parts:
            with matplotlib.rc_context(STYLE | {"figure.facecolor": "white"}):
                yield "-".join(filter(None, [self.name, str(task)])), part, self.sheet(part)

    def sheet(self, table: pd.DataFrame) -> Canvas:
        """The panels of a table on one canvas, row by row, each row with its heading."""
        left, bottom, right, top = self.margins
        rows: dict[str, list[Panel]] = {}
        for panel in self.panels(table):
            rows.setdefault(heading(panel.key), []).append(panel)
        headings: list[tuple[str, float]] = []  # with inches from the top
        places: list[tuple[Panel, float, float]] = []  # with inches of its drawn area from the left and the top
        y, widest = GAP, 0.0
        for title, panels in rows.items():
            width, height = self.size(panels[0].group)
            columns = max(1, int((SHEET_WIDTH - GAP) / (left + width + right)))
            headings.append((title, y + HEADING / 2))
            for index, panel in enumerate(panels):
                line, column = divmod(index, columns)
                places.append((panel, GAP + column * (left + width + right) + left, y + HEADING + line * (bottom + height + top) + top))
                widest = max(widest, GAP + (column + 1) * (left + width + right))
            y += HEADING + (line + 1) * (bottom + height + top)
        whole = (widest + GAP, y + GAP)
        canvas = Canvas(figsize=whole)
        for title, from_top in headings:
            canvas.text(GAP / whole[0], 1 - from_top / whole[1], title, fontweight="bold", va="center")
        for panel, x, from_top in places:
            width, height = self.size(panel.group)
            axes = canvas.add_axes((x / whole[0], 1 - (from_top + height) / whole[1], width / whole[0], height / whole[1]))
            self.fill(axes, panel)
            for patch in axes.patches:
                patch.set_url(None)  # a link within the page
        return canvas


def longest_lags(table: pd.DataFrame) -> pd.DataFrame:
    """The rows at each task's longest lag of those in the table."""
    return table[table.lag == table.groupby("task").lag.transform("max")]


def words(name: Any) -> str:
    """A name as one reads it: gradient_clipping(threshold=0.3)+rmsprop is gradient clipping (threshold 0.3) + rmsprop."""
    return str(name).replace("_", " ").replace("+", " + ").replace("(", " (").replace("  (", " (").replace("=", " ")


def heading(key: dict[str, Any]) -> str:
    """What names a row of panels: first symbol, lag 25, rnn."""
    return ", ".join(f"lag {value}" if column == "lag" else words(value) for column, value in key.items())


def accessible(svg: str, label: str, box: str) -> str:
    """The SVG with its alternative text; cells that link to a row of the page have theirs. `box` is the drawn area in per cent."""
    links = "<a href=" in svg
    svg = re.sub(r'<a href="#([^"|]*)\|([^"]*)"[^>]*>', r'<a href="#\1" aria-label="\2">', svg)
    role = "group" if links else "img"
    return svg.replace(">", f' role="{role}" aria-label="{escape(label)}" data-box="{box}">', 1)
