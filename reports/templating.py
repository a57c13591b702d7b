"""How tables and figures are written into pages: the templates, and the filters they use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from reports.figures.figure import words

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """Where the pages' templates are, and the filters they use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    made.filters |= {"number": number, "share": share, "words": words, "interval": interval}
    return made


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def number(value: float | None, digits: int = 3) -> str:
    """A figure for a table: a dash where there is none, no needless digits."""
    return "–" if value is None else f"{value:.{digits}g}"


def interval(low: float | None, high: float | None) -> str:
    """Two bounds for a table; unknown where the data cannot tell them."""
    return "unknown" if low is None or high is None else f"{low:.2f} – {high:.2f}"


def share(value: float | None) -> str:
    """A share in per cent: a dash for none at all, so that a little is not mistaken for nothing."""
    if not value:
        return "–"
    return f"{100 * value:.0f} %" if value >= 0.01 else "< 1 %"
