"""The Jinja environment of all pages: the templates, and the filters they use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from unvanish.reports.figures.figure import words
from unvanish.reports.tables.failures import solved_of

TEMPLATES = Path(__file__).parents[1] / "templates"
# a name to be typed, as in a sentence: with an underscore, or parts joined by a plus sign; parameters follow in parentheses
NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+(?:\([^)]*\))?(?:\+[a-z_]+(?:\([^)]*\))?)*|\b[a-z]+(?:\+[a-z_]+(?:\([^)]*\))?)+")


@cache
def environment() -> jinja2.Environment:
    """Return the environment with the pages' templates and the filters they use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    made.globals["solved_of"] = solved_of
    made.filters |= {"number": number, "signed": signed, "share": share, "words": words, "sentence": sentence, "interval": interval}
    return made


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def number(value: float | None, digits: int = 3) -> str:
    """A figure for a table: a dash where there is none, no needless digits."""
    return "–" if value is None else f"{value:.{digits}g}"


def sentence(text: str) -> str:
    """A sentence in which names stand as they are read: "with gradient_clipping" is "with gradient clipping"."""
    return NAME.sub(lambda name: words(name[0]), text)


def signed(value: float) -> str:
    """A difference of scores with its sign; one that rounds to zero has none."""
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text


def interval(low: float | None, high: float | None) -> str:
    """Two bounds for a table; unknown where the data cannot tell them."""
    return "unknown" if low is None or high is None else f"{low:.2f} – {high:.2f}"


def share(value: float | None) -> str:
    """A share in per cent: a dash for none at all, so that a little is not mistaken for nothing."""
    if not value:
        return "–"
    return f"{100 * value:.0f} %" if value >= 0.01 else "< 1 %"
