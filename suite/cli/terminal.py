"""Tables and JSON on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

NARROW = 100  # columns of a terminal below which tables are set closer


def console(width: int = 200) -> Console:
    """Return a console on standard output; so wide when it is no terminal, so that nothing is cut off in a file or a pipe."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else width)


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
