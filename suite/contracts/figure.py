"""The contract of a figure: its table and its drawing work on results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unvanish.reports.figures import FIGURES, Figure
from unvanish.reports.shipped import shipped
from unvanish.suite.contracts.check import Check, NotApplicable, require

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("name", "title", "question", "caption")


def attributes(figure: Figure) -> str:
    """Check that its attributes are of the right types."""
    for name in TEXTS:
        value = getattr(figure, name)
        require(isinstance(value, str) and value, f"{name} is {value!r}; it must be text")
    for name in ("table", "draw", "page"):
        require(callable(getattr(figure, name)), f"{name} is {getattr(figure, name)!r}; it must be a function")
    _ = FIGURES.entries  # raises `UsageError` where another one has its name
    return "name, title, question, caption, table and draw are there"


def table(figure: Figure) -> str:
    """Check its table of the reference results that ship with unvanish."""
    rows = rows_of(figure)
    missing = [column for column in figure.split if column not in rows]
    require(not missing, f"its table has no column {' and no '.join(missing)}, by which it is split into drawings; add it, or set split")
    return f"{len(rows)} rows of the reference results that ship"


def drawing(figure: Figure) -> str:
    """Check that its first drawing can be drawn."""
    rows = rows_of(figure)
    if not len(rows):
        raise NotApplicable("its table of the reference results that ship is empty; these have no curves, probes and gradients")
    first = next(figure.drawings(figure.page(rows)), None)
    require(first is not None, "its table has rows, and nothing is drawn of them; correct page")
    return f"draws {first.title}" if first else ""


def rows_of(figure: Figure) -> pd.DataFrame:
    """Return its table of the reference results."""
    import pandas as pd

    rows = figure.table(shipped())
    require(isinstance(rows, pd.DataFrame), f"its table is {type(rows).__name__}; it must be a pandas DataFrame")
    return rows


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("table", table, stage="run", essential=True),
    Check("drawing", drawing, stage="run"),
)
