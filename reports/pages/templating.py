"""The pages as HTML: the templates with the filters that they use, and what a browser may do with a page.

Whatever a template writes with {{ }} is escaped, unless it is `Markup`: nothing that comes from a profile, a file or a plug-in is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from unvanish.reports.figures.figure import words
from unvanish.reports.shown_text import shown
from unvanish.reports.tables.failures import solved_of

TEMPLATES = Path(__file__).parents[1] / "templates"
# a name to be typed, as in a sentence: with an underscore, or parts joined by a plus sign; parameters follow in parentheses
NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+(?:\([^)]*\))?(?:\+[a-z_]+(?:\([^)]*\))?)*|\b[a-z]+(?:\+[a-z_]+(?:\([^)]*\))?)+")


@cache
def environment() -> jinja2.Environment:
    """Return the environment with the pages' templates and the filters they use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=without_unshowable,
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # of the filter tojson, which writes < > & ' as codes
    made.globals["solved_of"] = solved_of
    made.filters |= {"number": number, "signed": signed, "share": share, "words": words, "sentence": sentence, "interval": interval}
    return made


def without_unshowable(value: Any) -> Any:
    """Return what a template writes, text without characters that cannot be shown."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render_page(template: str, styles: Sequence[str] = ("report.css",), script: str | None = None, **content: Any) -> str:
    """Return a whole HTML file: a template that extends page.html, with these style sheets and this script of the folder of templates in it."""
    style = Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in styles))
    code = Markup((TEMPLATES / script).read_text(encoding="utf-8")) if script else None
    return environment().get_template(template).render(content, style=style, script=code, policy=policy(style, code))


def policy(style: str, script: str | None) -> str:
    """Return the Content-Security-Policy of a page: this style sheet and this script, pictures in the page itself, and nothing else.

    Attributes called `style` are allowed, since bars have their lengths and figures their colours in them; nothing can be loaded by one.
    """
    allowed = {
        "default-src": "'none'",
        "script-src": source(script) if script else "'none'",
        "style-src": source(style),
        "style-src-attr": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{directive} {sources}" for directive, sources in allowed.items())


def source(text: str) -> str:
    """Return the source expression of a style sheet or script in a page: its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


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
