"""The base class of figures: the tidy table of a figure, and a function that draws it.

Data and drawing are apart, so that the same table is drawn on the page and in files for a paper, and is written as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import matplotlib
import pandas as pd
from markupsafe import Markup
from matplotlib import pyplot
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.style import STYLE
from unvanish.reports.figures.svg import as_svg
from unvanish.reports.figures.visibility import has_visible_data
from unvanish.reports.shown_text import drawn, table_with
from unvanish.suite.plugins import reason_of
from unvanish.tasks.errors import UsageError

MAX_STEM = 180  # bytes of a file's name before its ending; a file system takes some 250, with what marks it as unfinished


class BlankPanel(UsageError):
    """A panel shows nothing of the rows that it is drawn from; the message names the figure and the panel."""


def all_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table."""
    return table


def longest_lags(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows at each task's longest lag of those in the table."""
    return table[table.lag == table.groupby("task").lag.transform("max")] if len(table) else table


@dataclass(frozen=True)
class Drawing:
    """One drawn figure: `name` is unique on a page and the stem of its files, `table` has the rows that are drawn."""

    name: str
    title: str
    caption: str
    table: pd.DataFrame
    canvas: Canvas

    def svg(self, links: Mapping[str, str] | None = None) -> Markup:
        """Return the drawing for a page, see `as_svg`."""
        return as_svg(self.canvas, self.name, self.title, self.caption, links)


@dataclass(frozen=True)
class Figure:
    """A kind of figure, which answers one question.

    question  what it answers, a sentence with a question mark
    caption   what a reader may conclude from it, and how it is read
    position  its place among the figures
    table     tidy rows of a benchmark, one for each mark; empty where there is nothing to draw
    draw      a Matplotlib figure of such a table, with its axes, units and legend; texts in the table are given to it as `drawn` writes them
    split     the columns of the table by whose values it is split into drawings, such as one for each task
    page      the rows of the table that the page shows; files have all
    """

    name: str
    title: str
    question: str
    caption: str
    position: int
    table: Callable[[Benchmark], pd.DataFrame]
    draw: Callable[[pd.DataFrame], Canvas]
    split: tuple[str, ...] = ("task", "lag")
    page: Callable[[pd.DataFrame], pd.DataFrame] = all_rows

    def drawings(self, table: pd.DataFrame) -> Iterator[Drawing]:
        """Draw a table, part by part; raises `BlankPanel`."""
        parts = table.groupby(list(self.split), sort=False) if self.split else [((), table)] if len(table) else []
        pyplot.draw_if_interactive()  # loads the backend before the context, which would undo what the one of notebooks sets for the user's own plots
        names: list[str] = []
        for values, part in parts:
            key = dict(zip(self.split, values, strict=True))
            names.append(unique_stem("-".join([self.name, *map(str, values)]), names))
            name = names[-1]
            title = heading({"title": self.title, **key})
            with matplotlib.rc_context(STYLE):
                canvas = self.draw(table_with(drawn, part))
                pyplot.close(canvas)  # pyplot, which seaborn makes it with, would keep it
                canvas.suptitle(drawn(title), x=0.0, y=1.0, ha="left", va="bottom")
            for axes in canvas.axes:
                if axes.get_visible() and not has_visible_data(axes):
                    panel = axes.get_title() or axes.get_title(loc="left") or axes.get_xlabel()
                    raise BlankPanel(f"the figure {title!r} draws nothing in its panel {panel!r}, though its table has {len(part)} rows")
            yield Drawing(name, title, f"{self.question} {self.caption}", part, canvas)


def unique_stem(text: str, taken: Sequence[str]) -> str:
    """Return a text as the stem of a file, which is also an id on a page: letters, digits and hyphens, short enough, numbered where it is taken."""
    stem = re.sub(r"[\W_]+", "-", text.lower()).strip("-").encode()[:MAX_STEM].decode(errors="ignore")
    return stem if stem not in taken else next(other for other in (f"{stem}-{number}" for number in count(2)) if other not in taken)


def failure_of(figure: Figure, error: Exception) -> str:
    """Return the sentence that stands in the place of a figure that could not be drawn."""
    return f"the figure {figure.name} could not be drawn: {reason_of(error)}"


def words(name: Any) -> str:
    """Return a name as one reads it: gradient_clipping(threshold=0.3)+rmsprop is gradient clipping (threshold 0.3) + rmsprop."""
    return str(name).replace("_", " ").replace("+", " + ").replace("(", " (").replace("  (", " (").replace("=", " ")


def heading(key: dict[str, Any]) -> str:
    """Return the values that name a drawing as a title: first symbol, lag 25, rnn."""
    return ", ".join(f"lag {value}" if column == "lag" else words(value) for column, value in key.items())
