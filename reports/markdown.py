"""Text of others inside Markdown, which MLflow shows as a note."""

from __future__ import annotations

import re

from unvanish.reports.shown_text import shown

MARKUP = re.compile(r"[\\`*\[\]|~@]|(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is one on MLflow's pages
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def literal(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    return MARKUP.sub(r"\\\g<0>", " ".join(shown(text).split())).translate(ENTITIES)


def code_block(text: str) -> str:
    """Return a text as a block of code, whose fence is longer than any in the text."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text) or [""]))
    return f"{fence}\n{shown(text)}\n{fence}"
