"""Tables and JSON on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unvanish.tasks.errors import printable

NARROW = 100  # columns of a terminal below which tables are set closer


class PlainConsole(Console):
    """A console that prints text as it is: brackets are no markup, `:name:` is no picture, and what could command a terminal is escaped."""

    def __init__(self, **given: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **given)

    def render_str(self, text: str, **given: Any) -> Text:
        """Return a string, also one in a table, as it is printed."""
        return super().render_str(printable(text, keep="\n"), **given)


def console(width: int = 200) -> Console:
    """Return a console on standard output; so wide when it is no terminal, so that nothing is cut off in a file or a pipe."""
    return PlainConsole(width=None if sys.stdout.isatty() else width)


def narrow_console(width: int) -> Console:
    """Return a console on standard output of at most so many columns, for sentences."""
    terminal = PlainConsole()
    terminal.width = min(terminal.width, width)
    return terminal


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return text of which the parts that are a pair have a style, as ("lstm", "bold"); to be printed by a `PlainConsole`."""
    return Text.assemble(*((printable(part[0], keep="\n"), part[1]) if isinstance(part, tuple) else printable(part, keep="\n") for part in parts))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None, to: Console | None = None, unbroken: Collection[str] = ()
) -> None:
    """Print a table as wide as the terminal; the columns in `unbroken` are never wrapped."""
    to = to or console()
    close = to.width < NARROW
    table = Table(
        *columns,
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=close,
        show_edge=not close,
    )
    for column in table.columns:
        column.no_wrap = column.header in unbroken
        column.overflow = "fold"  # what does not fit goes on in the next line; nothing is cut off
    for row in rows:
        table.add_row(*row)
    to.print(*[""] * close, table, *[""] * close, sep="\n")  # lines that the edge else gives


def print_json(content: Any) -> None:
    """Print plain data as indented JSON."""
    print(json.dumps(content, indent=2))
