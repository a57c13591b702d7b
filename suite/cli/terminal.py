"""Tables and JSON on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


def console(width: int = 200) -> Console:
    """Standard output; so wide when it is no terminal, so that nothing is cut off in a file or a pipe."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else width)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None, to: Console | None = None) -> None:
    table = Table(*columns, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"  # what does not fit goes on in the next line; nothing is cut off
    for row in rows:
        table.add_row(*row)
    (to or console()).print(table)


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=2))
