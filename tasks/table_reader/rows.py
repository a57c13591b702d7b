"""The rows of a table in memory: encoded cells, and the rows at which a sequence of each split ends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.log_encoding import Column, LogEncoding
from unvanish.tasks.recorded import SPLITS, Split, split_indices
from unvanish.tasks.table_reader.account import Account, column_account, split_accounts
from unvanish.tasks.table_reader.column import RawColumn
from unvanish.tasks.table_reader.file import digest
from unvanish.tasks.table_reader.kinds import MAX_VALUES, check_target_kind, number_columns
from unvanish.tasks.table_reader.log import Log, ordered, read_file, shown_time
from unvanish.tasks.table_reader.settings import UNSAID, Reading
from unvanish.tasks.task import Sequences

MAX_TARGET = 1e15
MIN_SEQUENCES = 5  # of a file, so that every split has one


@dataclass(frozen=True)
class Declaration:
    """The declaration of a table in a profile; see `unvanish.tasks.table.Table`."""

    path: Path
    sequence: str
    inputs: tuple[str, ...]
    previous: tuple[str, ...]
    target: str
    target_kind: Literal["class", "number"]
    categories: tuple[str, ...]
    steps: int
    ask: Literal["every_row", "last_row"]
    reading: Reading = UNSAID

    def __post_init__(self) -> None:
        if not (self.inputs or self.previous):
            raise UsageError(f"the table {self.path} has neither inputs nor previous; name the columns that a step sees")
        if self.target in self.inputs:
            raise UsageError(f"the target {shown(self.target)} of the table {self.path} is one of its inputs; name it in previous instead")
        for name, columns in {"inputs": self.inputs, "previous": self.previous}.items():
            if len(set(columns)) < len(columns):
                raise UsageError(f"{name} of the table {self.path} names a column twice; name it once")
        if in_time := [name for name in (*self.inputs, *self.previous, self.target) if name in self.reading.time]:
            raise UsageError(
                f"{shown(in_time[0])} of the table {self.path} is its time, and cannot be an input or the target; a step is told its time by "
                'calendar = ["weekday", "month", "hour"]'
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file that are inputs or the target, each once."""
        return tuple(dict.fromkeys([*self.inputs, *self.previous, self.target]))

    def role(self, name: str) -> str:
        """Return what a column is for."""
        roles = {"input": self.inputs, "previous": self.previous, "target": (self.target,), "sequence": (self.sequence,), "time": self.reading.time}
        roles["calendar"] = self.reading.calendar
        return ", ".join(role for role, names in roles.items() if name in names)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, sequence by sequence.

    cells    by column, one a row: see `LogEncoding`
    targets  class numbers [row], or values [row, 1]; undefined where the cell is empty
    known    whether it is not, [row]
    first    the first row of each row's sequence, or of its part in a split
    origin   the first row of each row's sequence in the file, whose cut into splits parts nothing here
    ends     by split: the row at which each of its sequences ends
    account  how they were read
    """

    path: Path
    digest: str
    encoding: LogEncoding
    cells: Mapping[str, NDArray[Any]]
    targets: NDArray[Any]
    known: NDArray[np.bool_]
    first: NDArray[np.int32]
    origin: NDArray[np.int32]
    ends: Mapping[Split, NDArray[np.int32]]
    account: Account

    def sequences(self, ends: NDArray[np.integer]) -> Sequences:
        """The sequences that end at these rows."""
        first = self.first[ends][:, None]
        rows = ends[:, None] + np.arange(1 - self.encoding.steps, 1)  # [sequence, step]
        return Sequences(self.encoding.inputs(self.cells, np.where(rows >= first, rows, -1), first), self.targets[ends][:, None])


def read_rows(declaration: Declaration) -> Rows:
    """Read, check and encode a table; raise `UsageError` for any error in it."""
    path, reading = declaration.path, declaration.reading
    file_digest = digest(path)
    file = read_file(path, declaration.columns, declaration.sequence, reading)
    check_target_kind(declaration, file)
    numbers = number_columns(declaration, file)
    must_have = [name for name in numbers if name in (*declaration.inputs, *declaration.previous)]
    log = ordered(file, declaration.columns, declaration.sequence, reading, must_have)
    starts, split_of_sequence = sequences_of(declaration, log)
    counts = np.diff([*starts, len(log.order)])
    first, split_of_row = np.repeat(starts, counts).astype(np.int32), np.repeat(split_of_sequence, counts)
    trained = split_of_row == SPLITS.index("training")

    inputs = dict.fromkeys((*declaration.previous, *declaration.inputs, *reading.calendar))
    columns = {name: input_column(declaration, log, name, name in numbers, trained) for name in inputs if name != declaration.target}
    target = target_column(declaration, log, trained)
    has_target = known_cells(log.columns[declaration.target], declaration.target in numbers)
    ends = sequence_ends(declaration, has_target, first)
    by_split: dict[Split, NDArray[np.int32]] = {split: ends[split_of_row[ends] == number].astype(np.int32) for number, split in enumerate(SPLITS)}
    check_splits(declaration, by_split, split_of_row)
    every = {**columns, declaration.target: target}
    cells = {name: filled(encode_cells(column, log.columns[name]), first, reading) for name, column in every.items()}
    check_classes(declaration, target, cells[declaration.target][by_split["training"]])
    encoding = LogEncoding(
        previous=tuple(every[name] for name in declaration.previous),
        current=tuple(columns[name] for name in (*declaration.inputs, *reading.calendar)),
        target=target,
        steps=declaration.steps,
        padded=declaration.ask == "last_row",
    )
    targets = cells[declaration.target]
    return Rows(
        path,
        file_digest,
        encoding,
        cells,
        targets[:, None] if declaration.target_kind == "number" else targets.astype(np.int32),
        has_target,
        first,
        sequence_origin(declaration, log),
        by_split,
        account_of(declaration, log, every, trained, split_of_row, by_split),
    )


def sequences_of(declaration: Declaration, log: Log) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first row of each sequence, and the number of its split."""
    path, count = declaration.path, len(log.order)
    if count < MIN_SEQUENCES:
        raise UsageError(f"the table {path} is too short: it has {count} row{'s' if count != 1 else ''}, and three splits need at least {MIN_SEQUENCES}")
    if not declaration.sequence:
        return np.array([0, count * 3 // 5, count * 4 // 5]), np.arange(3)
    column = log.columns[declaration.sequence]
    starts = np.flatnonzero(np.diff(column.codes, prepend=-1))
    if log.local is not None and declaration.ask == "every_row":
        split_of_row = np.searchsorted(split_times(log.local), log.local, side="right")
        starts = np.flatnonzero((np.diff(column.codes, prepend=-1) != 0) | (np.diff(split_of_row, prepend=-1) != 0))
        return starts, split_of_row[starts]
    if len(starts) < MIN_SEQUENCES:
        raise UsageError(
            f"the column {column.name} of the table {path} has {len(starts)} sequences; give at least {MIN_SEQUENCES}, or leave sequence out, "
            "and the file is divided in the order of its rows"
        )
    if log.local is not None:
        ends = log.local[np.append(starts[1:], count) - 1]
        return starts, np.searchsorted(split_times(ends), ends, side="right")
    numbers = np.empty(len(starts), np.intp)
    for number, members in enumerate(split_indices(np.zeros(len(starts), np.intp))):
        numbers[members] = number
    return starts, numbers


def sequence_origin(declaration: Declaration, log: Log) -> NDArray[np.int32]:
    """Return the first row of each row's sequence."""
    if not declaration.sequence:
        return np.zeros(len(log.order), np.int32)
    starts = np.diff(log.columns[declaration.sequence].codes, prepend=-1) != 0
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0)).astype(np.int32)


def split_times(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the two times at which validation and test split begin, 60 and 80 % of all times before them."""
    return times.sort_values()[[len(times) * 3 // 5, len(times) * 4 // 5]]


def split_note(declaration: Declaration, log: Log) -> tuple[str, ...]:
    """Say how sequences are divided into splits."""
    name = declaration.sequence
    if not name:
        return ()
    if log.local is None:
        return (f"a whole {name} is in one split, chosen at random, since the rows have no date",)
    if declaration.ask == "last_row":
        return (f"a whole {name} is in one split, by the time of its last row: those that end latest are tested on",)
    return (f"every {name} is cut at the same times, {' and '.join(map(shown_time, split_times(log.local)))}, so that what is tested on is the latest",)


def check_splits(declaration: Declaration, by_split: Mapping[Split, NDArray[np.int32]], split_of_row: NDArray[np.intp]) -> None:
    """Raise `UsageError` for a split without a sequence."""
    for split, split_ends in by_split.items():
        if not len(split_ends):
            rows = np.sum(split_of_row == SPLITS.index(split))
            raise UsageError(
                f"the table {declaration.path} is too short: its {split} split, {rows} of {len(split_of_row)} rows, has no row with a "
                f"target after {declaration.steps - 1} others; give more rows or fewer steps"
            )


def known_cells(raw: RawColumn, is_number: bool) -> NDArray[np.bool_]:
    """Return which rows have a cell that is not empty."""
    return ~np.isnan(raw.values_by_row) if is_number else raw.codes >= 0


def input_column(declaration: Declaration, log: Log, name: str, is_number: bool, trained: NDArray[np.bool_]) -> Column:
    """Return how an input column is encoded; raise `UsageError` for a number that is missing, or too many values of a category."""
    path, raw = declaration.path, log.columns[name]
    if not is_number:
        values = tuple(map(str, raw.words)) if name in declaration.reading.calendar else category_values(raw, trained)
        if not values:
            raise UsageError(f"the column {name} of the table {path} has no value in its training split; leave it out")
        if len(values) > MAX_VALUES:
            raise UsageError(
                f"the column {name} of the table {path} has {len(values):,} different values, and a category at most {MAX_VALUES}; leave the column out"
            )
        return Column(name, values)
    check_filled(declaration, log, name)
    return scaled_column(name, raw.values_by_row[trained])


def check_filled(declaration: Declaration, log: Log, name: str) -> None:
    """Raise `UsageError` where a number is missing and the profile does not say what to do about it."""
    path, reading = declaration.path, declaration.reading
    empty = np.flatnonzero(np.isnan(log.columns[name].values_by_row))
    if not len(empty) or reading.fill in ("last", "mean"):
        return
    if log.order[empty[0]] < 0:
        raise UsageError(
            f'the table {path} has missed steps, which gaps = "steps" makes steps of their own, and they have no number in the column {name}; '
            'write fill = "last" or fill = "mean" in the parameters'
        )
    raise UsageError(
        f"{log.location(int(empty[0]))} of the table {path} has no number in the column {name}"
        + (f", as {len(empty):,} rows have none" if len(empty) > 1 else "")
        + '; fill it in, or write fill = "last" (the number before it), fill = "mean" or fill = "drop" (without such rows) in the parameters'
    )


def target_column(declaration: Declaration, log: Log, trained: NDArray[np.bool_]) -> Column:
    """Return how the target is encoded; raise `UsageError` where it does not match its declaration."""
    path, raw = declaration.path, log.columns[declaration.target]
    if declaration.target_kind == "class":
        return Column(raw.name, tuple(map(str, raw.words)))
    numbers = raw.values_by_row[trained]
    known = numbers[~np.isnan(numbers)]
    if len(known) and np.abs(known).max() > MAX_TARGET:
        raise UsageError(
            f"the target {raw.name} of the table {path} has numbers up to {np.abs(known).max():g}, whose squares are too large; write it in another unit"
        )
    if not len(known) or known.min() == known.max():
        raise UsageError(
            f"the target {raw.name} of the table {path} has fewer than two different numbers in its training split; a simple predictor already answers "
            "everything, and no network can be better, so give a table in which it varies"
        )
    if raw.name in declaration.previous:
        check_filled(declaration, log, raw.name)
    return scaled_column(raw.name, known)


def check_classes(declaration: Declaration, target: Column, training_targets: NDArray[Any]) -> None:
    """Raise `UsageError` where the target has a single class in the training split."""
    if target.values and len(np.unique(training_targets)) < 2:
        word = target.values[int(training_targets[0])]
        raise UsageError(
            f"the target {target.name} of the table {declaration.path} is always {shown(word)} in its training split; a simple predictor already answers "
            "everything, and no network can be better, so give a table in which it has at least two classes"
        )


def scaled_column(name: str, numbers: NDArray[np.float64]) -> Column:
    """Return a column of numbers scaled to mean 0 and standard deviation 1; a constant one is only shifted."""
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise UsageError(f"the column {name} of the table has no number in its training split; leave it out")
    largest = float(np.abs(numbers).max()) or 1.0  # squares of very large or very small numbers are not representable
    mean, deviation = float(np.mean(numbers / largest)) * largest, float(np.std(numbers / largest)) * largest
    return Column(name, mean=mean, scale=deviation or 1.0)


def category_values(raw: RawColumn, trained: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the words of a category that occur in the training split."""
    codes = np.unique(raw.codes[trained])
    return tuple(str(raw.words[code]) for code in codes if code >= 0)


def encode_cells(column: Column, raw: RawColumn) -> NDArray[Any]:
    """Encode the cells of a column as `LogEncoding` describes."""
    if column.values:
        index_of = {value: number for number, value in enumerate(column.values)}
        indices = np.array([index_of.get(word, -1) for word in raw.words] + [-1], np.int16)
        return indices[raw.codes]
    return ((raw.values_by_row - column.mean) / column.scale).astype(np.float32)


def filled(cells: NDArray[Any], first: NDArray[np.int32], reading: Reading) -> NDArray[Any]:
    """Return scaled numbers with nothing missing: the last one before it in its sequence where the profile says so, and otherwise the mean, which is 0."""
    if cells.dtype.kind != "f":
        return cells
    if reading.fill == "last":
        known = np.maximum.accumulate(np.where(np.isnan(cells), -1, np.arange(len(cells))))
        cells = np.where(known >= first, cells[known], np.nan)
    return np.nan_to_num(cells, nan=0.0).astype(np.float32)


def sequence_ends(declaration: Declaration, has_target: NDArray[np.bool_], first: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the rows at which a sequence ends."""
    rows = np.arange(len(first))
    if declaration.ask == "every_row":
        return rows[has_target & (rows - first >= declaration.steps - 1)]
    with_target = rows[has_target]
    last_of_sequence = np.diff(first[with_target], append=-1) != 0
    return with_target[last_of_sequence]


def account_of(
    declaration: Declaration,
    log: Log,
    columns: Mapping[str, Column],
    trained: NDArray[np.bool_],
    split_of_row: NDArray[np.intp],
    by_split: dict[Split, NDArray[np.int32]],
) -> Account:
    """Return how a table was read."""
    lines = np.append(log.file.lines, 0)[log.order]
    names = [*([declaration.sequence] if declaration.sequence else []), *declaration.reading.time, *columns]
    accounts = [
        column_account(
            log.columns[name],
            declaration.role(name),
            columns.get(name),
            log,
            lines,
            unseen_classes(declaration, log, trained) if name == declaration.target else odd_notes(declaration, log, name, columns, trained),
        )
        for name in dict.fromkeys(names)
    ]
    dropped = f"; dropped: {', '.join(log.dropped)}" if log.dropped else ""
    rows = f"{len(log.order):,} rows{dropped}"
    splits = split_accounts(log, split_of_row, by_split, declaration.sequence)
    return Account(", ".join(log.file.notes), rows, (*log.notes, *split_note(declaration, log)), tuple(accounts), splits)


def unseen_classes(declaration: Declaration, log: Log, trained: NDArray[np.bool_]) -> list[str]:
    """Return that classes of the target occur in no row of the training split, so that nobody can learn them."""
    raw = log.columns[declaration.target]
    if declaration.target_kind == "number":
        return []
    unseen = np.setdiff1d(raw.codes[~trained], raw.codes[trained])
    names = ", ".join(shown(str(raw.words[code])) for code in unseen[unseen >= 0][:3])
    return [f"{names} {'is' if len(unseen) == 1 else 'are'} not in the training split, so that no predictor can know it"] if names else []


def odd_notes(declaration: Declaration, log: Log, name: str, columns: Mapping[str, Column], trained: NDArray[np.bool_]) -> list[str]:
    """Return what is odd about an input column: that it is always the same, or a copy of the target."""
    if name not in columns or name == declaration.target or name in declaration.reading.calendar:
        return []
    raw, target = log.columns[name], log.columns[declaration.target]
    column, notes = columns[name], []
    codes = np.unique(raw.codes[trained])
    different = codes if column.values else np.unique(raw.values[codes[codes >= 0]])
    if len(different) == 1 and codes[0] >= 0:
        notes.append(f"it is always {shown(str(raw.words[codes[0]]))} in the training split and tells nothing; leave it out")
    if not column.values and (padded := [str(word) for word in raw.words if re.fullmatch(r"0[0-9]{2,}", str(word))]):
        notes.append(f'it has zeros in front, as {shown(padded[0])}, and is read as an amount; write categories = ["{name}"] where its numbers are names')
    if column.values and (same := same_but_for_case(column.values)):
        notes.append(f"{' and '.join(map(shown, same))} differ in upper and lower case alone, and are two values")
    asked = (target.codes >= 0) & (log.order >= 0)
    if name in declaration.inputs and is_copy(raw, target, asked, not column.values and not columns[declaration.target].values):
        notes.append(f"it says the target {target.name} of its own row; leave it out unless it is known before the target is")
    return notes


def same_but_for_case(values: Sequence[str]) -> tuple[str, str] | None:
    """Return the first two values that differ in upper and lower case alone."""
    seen: dict[str, str] = {}
    return next(((seen[value.casefold()], value) for value in values if seen.setdefault(value.casefold(), value) != value), None)


def is_copy(raw: RawColumn, target: RawColumn, asked: NDArray[np.bool_], numbers: bool) -> bool:
    """Return whether a column says what the target is: numbers that are a linear function of it, or one value for each class."""
    if numbers:
        first, second = raw.values_by_row[asked], target.values_by_row[asked]
        both = ~np.isnan(first) & ~np.isnan(second)
        if both.sum() < 3 or first[both].std() == 0 or second[both].std() == 0:
            return False
        return bool(abs(np.corrcoef(first[both], second[both])[0, 1]) > 1 - 1e-9)
    pairs = len(np.unique(np.stack([raw.codes[asked], target.codes[asked]]), axis=1).T)
    classes = len(np.unique(target.codes[asked]))
    return classes > 1 and pairs == len(np.unique(raw.codes[asked])) and pairs <= 2 * classes and pairs < asked.sum() // 3
