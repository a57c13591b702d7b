"""An account of how a table was read, for `unvanish plan`: its text, its time, its rows, each column, and the splits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import shown
from unvanish.tasks.log_encoding import Column
from unvanish.tasks.recorded import SPLITS, Split
from unvanish.tasks.table_reader.column import RawColumn, named_cells, numbered
from unvanish.tasks.table_reader.log import Log

IN_BRACKETS = re.compile(r".*[(\[]\s*([^()\[\]]{1,12}?)\s*[)\]]\s*")
UNIT_NAMES = (
    "kg lb lbs g km mi m cm mm s sec secs seconds min mins minutes h hours days ms c f degc degf k pct percent kwh kw mw w v a hz hpa mbar pa bpm kcal cal "
    "eur usd gbp"
)
UNITS = frozenset(UNIT_NAMES.split())
MAX_EXAMPLES = 4


@dataclass(frozen=True)
class ColumnAccount:
    """How one column was read.

    role      input, previous, target, sequence or time, or several
    kind      number, category, or what else it is
    unit      that the name of the column has
    values    the range of numbers, or the number of values
    examples  some of its cells
    missing   the share of cells that are empty
    notes     what is odd about it, and in which lines
    """

    name: str
    role: str
    kind: str
    unit: str
    values: str
    examples: tuple[str, ...]
    missing: float
    notes: tuple[str, ...]

    @property
    def line(self) -> str:
        """The account in one line."""
        unit = f" in {self.unit}" if self.unit else ""
        missing = f"; {100 * self.missing:.3g} % empty" if self.missing else ""
        notes = "".join(f"; {note}" for note in self.notes)
        return f"{self.name} ({self.role}): {self.kind}{unit}, {self.values}, as {', '.join(self.examples)}{missing}{notes}"


@dataclass(frozen=True)
class Account:
    """How a table was read.

    file     separator, encoding and so on
    rows     how many, and which were dropped and why
    time     how they are ordered
    columns  see `ColumnAccount`
    splits   a sentence each, with the first and the last row
    """

    file: str
    rows: str
    time: tuple[str, ...]
    columns: tuple[ColumnAccount, ...]
    splits: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The account for a terminal, a line each."""
        return (f"{self.file}; {self.rows}", *self.time, *(column.line for column in self.columns), *self.splits)


def unit_of(name: str) -> str:
    """Return the unit that the name of a column has: in brackets, or at its end."""
    if found := IN_BRACKETS.fullmatch(name):
        return found[1]
    last = re.split(r"[_\s]", name)[-1]
    return last if last.lower() in UNITS and last != name else ""


def column_account(raw: RawColumn, role: str, column: Column | None, log: Log, file_lines: NDArray[np.int32], notes: Sequence[str]) -> ColumnAccount:
    """Return how a column was read; without an encoding it is no input, but a sequence or a time."""
    told = list(notes)
    if raw.spaced:
        told.append(f"spaces around {raw.spaced:,} cells are left out")
    examples = tuple(shown(str(word))[1:-1] for word in raw.words[:MAX_EXAMPLES])
    missing = float(np.mean(raw.codes[log.order >= 0] < 0))
    if column is not None and not column.values:
        numbers = raw.values[np.isfinite(raw.values)]
        empty = np.flatnonzero(raw.empty_words & (raw.counts > 0))
        if len(empty):
            told.append(f"empty are also {named_cells(raw, empty, file_lines, log.file.row)}")
        missing = float(np.mean(np.isnan(raw.values_by_row[log.order >= 0])))
        return ColumnAccount(raw.name, role, "number", unit_of(raw.name), f"{numbers.min():g} to {numbers.max():g}", examples, missing, tuple(told))
    right, odd = numbered(raw)
    if column is not None and right and odd:
        told.append(f"{right:,} of its cells are numbers, which are values as others are")
    elif column is not None and right and not odd:
        told.append("its numbers are names, not amounts")
    empty = np.flatnonzero(raw.empty_words & (raw.counts > 0))
    if column is not None and len(empty) and not right:
        told.append(f"{', '.join(shown(str(raw.words[place])) for place in empty)} is a value as others are, unless missing names it")
    kind = "category" if column is not None else role
    return ColumnAccount(raw.name, role, kind, "", f"{len(raw.words):,} value{'s' if len(raw.words) != 1 else ''}", examples, missing, tuple(told))


def split_accounts(log: Log, split_of_row: NDArray[np.intp], ends: dict[Split, NDArray[np.int32]], sequence: str) -> tuple[str, ...]:
    """Return what each split has, and its first and last row."""
    told = []
    for number, split in enumerate(SPLITS):
        rows = np.flatnonzero(split_of_row == number)
        if sequence:
            codes = dict.fromkeys(log.columns[sequence].codes[rows])
            names = [str(log.columns[sequence].words[code]) for code in codes]
            some = ", ".join(names[:MAX_EXAMPLES]) + (", ..." if len(names) > MAX_EXAMPLES else "")
            told.append(f"{split} split: {len(ends[split]):,} sequences of {len(names):,} {sequence} ({some}), {len(rows):,} rows")
        else:
            told.append(f"{split} split: {len(ends[split]):,} sequences, {len(rows):,} rows, from {log.when(int(rows[0]))} to {log.when(int(rows[-1]))}")
    return tuple(told)
