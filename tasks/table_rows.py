"""The rows of a table in memory: encoded cells, and the rows at which a sequence of each split ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.log_encoding import Column, LogEncoding
from unvanish.tasks.recorded import SPLITS, Split, split_indices
from unvanish.tasks.table_file import RawColumn, digest, read_columns, row_location
from unvanish.tasks.task import Sequences

MAX_VALUES = 200  # of a category
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

    def __post_init__(self) -> None:
        if not (self.inputs or self.previous):
            raise UsageError(f"the table {self.path} has neither inputs nor previous; name the columns that a step sees")
        if self.target in self.inputs:
            raise UsageError(f"the target {shown(self.target)} of the table {self.path} is one of its inputs; name it in previous instead")
        for name, columns in {"inputs": self.inputs, "previous": self.previous}.items():
            if len(set(columns)) < len(columns):
                raise UsageError(f"{name} of the table {self.path} names a column twice; name it once")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, sequence by sequence.

    cells    by column, one a row: see `LogEncoding`
    targets  class numbers [row], or values [row, 1]; undefined where the cell is empty
    first    the first row of each row's sequence
    ends     by split: the row at which each of its sequences ends
    """

    path: Path
    digest: str
    encoding: LogEncoding
    cells: Mapping[str, NDArray[Any]]
    targets: NDArray[Any]
    first: NDArray[np.int32]
    ends: Mapping[Split, NDArray[np.int32]]

    def sequences(self, ends: NDArray[np.integer]) -> Sequences:
        """The sequences that end at these rows."""
        first = self.first[ends][:, None]
        rows = ends[:, None] + np.arange(1 - self.encoding.steps, 1)  # [sequence, step]
        return Sequences(self.encoding.inputs(self.cells, np.where(rows >= first, rows, -1), first), self.targets[ends][:, None])


def read_rows(declaration: Declaration) -> Rows:
    """Read, check and encode a table; raise `UsageError` for any error in it."""
    path, steps = declaration.path, declaration.steps
    file_digest = digest(path)
    columns_read = dict.fromkeys([*declaration.inputs, *declaration.previous, declaration.target])
    raw = read_columns(path, [*columns_read, *([declaration.sequence] if declaration.sequence else [])])
    order, starts, split_of_sequence = order_by_sequence(declaration, raw)
    raw = {name: replace(column, codes=column.codes[order]) for name, column in raw.items()} if declaration.sequence else raw
    counts = np.diff([*starts, len(order)])
    first, split_of_row = np.repeat(starts, counts).astype(np.int32), np.repeat(split_of_sequence, counts)
    trained = split_of_row == SPLITS.index("training")

    columns = {name: input_column(declaration, raw[name], trained, order) for name in columns_read if name != declaration.target}
    target = target_column(declaration, raw[declaration.target], trained, order)
    ends = sequence_ends(declaration, raw[declaration.target].codes >= 0, first)
    by_split = {split: ends[split_of_row[ends] == number].astype(np.int32) for number, split in enumerate(SPLITS)}
    for split, split_ends in by_split.items():
        if not len(split_ends):
            raise UsageError(
                f"the table {path} is too short: its {split} split, {np.sum(split_of_row == SPLITS.index(split))} of {len(order)} rows, has no row with a "
                f"target after {steps - 1} others; give more rows or fewer steps"
            )
    cells = {name: encode_cells(column, raw[name]) for name, column in {**columns, declaration.target: target}.items()}
    check_classes(declaration, target, cells[declaration.target][by_split["training"]])
    encoding = LogEncoding(
        previous=tuple({**columns, declaration.target: target}[name] for name in declaration.previous),
        current=tuple(columns[name] for name in declaration.inputs),
        target=target,
        steps=steps,
        padded=declaration.ask == "last_row",
    )
    targets = cells[declaration.target]
    return Rows(path, file_digest, encoding, cells, targets[:, None] if declaration.target_kind == "number" else targets.astype(np.int32), first, by_split)


def order_by_sequence(declaration: Declaration, raw: Mapping[str, RawColumn]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows in the order of their sequences, the first of each sequence, and the number of each sequence's split."""
    path, count = declaration.path, len(next(iter(raw.values())).codes)
    if not declaration.sequence:
        return np.arange(count), np.array([0, count * 3 // 5, count * 4 // 5]), np.arange(3)
    column = raw[declaration.sequence]
    if (column.codes < 0).any():
        raise UsageError(f"{row_location(path, column.row_of(None))} of the table {path} has no {column.name}; say to which sequence it belongs")
    if len(column.dictionary) < MIN_SEQUENCES:
        raise UsageError(
            f"the column {column.name} of the table {path} has {len(column.dictionary)} sequences; give at least {MIN_SEQUENCES}, or leave sequence out, "
            "and the file is divided in the order of its rows"
        )
    order = np.argsort(column.codes, kind="stable")
    starts = np.flatnonzero(np.diff(column.codes[order], prepend=-1))
    numbers = np.empty(len(starts), np.intp)
    for number, members in enumerate(split_indices(np.zeros(len(starts), np.intp))):
        numbers[members] = number
    return order, starts, numbers


def input_column(declaration: Declaration, raw: RawColumn, trained: NDArray[np.bool_], order: NDArray[np.intp]) -> Column:
    """Return how an input column is encoded; raise `UsageError` for a number that is missing, or too many values of a category."""
    path, numbers = declaration.path, raw.numbers if raw.name not in declaration.categories else None
    if numbers is None:
        values = category_values(raw, trained)
        if len(values) > MAX_VALUES:
            word = raw.no_number
            odd = (
                f"; {row_location(path, int(order[raw.row_of(word)]))} has {shown(word)}, which is no number"
                if word and raw.name not in declaration.categories
                else ""
            )
            raise UsageError(
                f"the column {raw.name} of the table {path} has {len(values):,} different values, and a category at most {MAX_VALUES}{odd}; "
                "correct it or leave the column out"
            )
        return Column(raw.name, values)
    if (raw.codes < 0).any():
        row = int(order[raw.row_of(None)])
        raise UsageError(
            f"{row_location(path, row)} of the table {path} has no number in the column {raw.name}; fill it in, or name the column in categories, "
            "where an empty cell is allowed"
        )
    return scaled_column(raw.name, numbers[trained])


def target_column(declaration: Declaration, raw: RawColumn, trained: NDArray[np.bool_], order: NDArray[np.intp]) -> Column:
    """Return how the target is encoded; raise `UsageError` where it does not match its declaration."""
    path = declaration.path
    if declaration.target_kind == "class":
        if len(raw.dictionary) > MAX_VALUES:
            raise UsageError(
                f"the target {raw.name} of the table {path} has {len(raw.dictionary):,} different values, and a class at most {MAX_VALUES}; "
                "give target_kind = 'number' to predict a number"
            )
        return Column(raw.name, raw.words)
    numbers = raw.numbers
    if numbers is None:
        word = raw.no_number
        raise UsageError(
            f"{row_location(path, int(order[raw.row_of(word)]))} of the table {path} has {shown(word)} as {raw.name}, which is no number; correct it"
        )
    known = numbers[trained & ~np.isnan(numbers)]
    if not len(known) or known.std() == 0:
        raise UsageError(f"the target {raw.name} of the table {path} has fewer than two different numbers in its training split; there is nothing to predict")
    if raw.name in declaration.previous and (raw.codes < 0).any():
        raise UsageError(
            f"{row_location(path, int(order[raw.row_of(None)]))} of the table {path} has no {raw.name}, which the next step sees; "
            "fill it in or leave it out of previous"
        )
    return scaled_column(raw.name, known)


def check_classes(declaration: Declaration, target: Column, training_targets: NDArray[Any]) -> None:
    """Raise `UsageError` where the target has a single class in the training split."""
    if target.values and len(np.unique(training_targets)) < 2:
        word = target.values[int(training_targets[0])]
        raise UsageError(
            f"the target {target.name} of the table {declaration.path} is always {shown(word)} in its training split; "
            "give a table in which it has at least two classes"
        )


def scaled_column(name: str, numbers: NDArray[np.float32]) -> Column:
    """Return a column of numbers scaled to mean 0 and standard deviation 1; a constant one is only shifted."""
    mean, deviation = float(np.mean(numbers, dtype=np.float64)), float(np.std(numbers, dtype=np.float64))
    return Column(name, mean=mean, scale=deviation or 1.0)


def category_values(raw: RawColumn, trained: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the words of a category that occur in the training split."""
    codes = np.unique(raw.codes[trained])
    return tuple(raw.words[code] for code in codes if code >= 0)


def encode_cells(column: Column, raw: RawColumn) -> NDArray[Any]:
    """Encode the cells of a column as `LogEncoding` describes."""
    if column.values:
        index_of = {value: number for number, value in enumerate(column.values)}
        indices = np.array([index_of.get(word, -1) for word in raw.words] + [-1], np.int16)
        return indices[raw.codes]
    numbers = raw.numbers
    assert numbers is not None
    return ((numbers - column.mean) / column.scale).astype(np.float32)


def sequence_ends(declaration: Declaration, has_target: NDArray[np.bool_], first: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the rows at which a sequence ends."""
    rows = np.arange(len(first))
    if declaration.ask == "every_row":
        return rows[has_target & (rows - first >= declaration.steps - 1)]
    with_target = rows[has_target]
    last_of_sequence = np.diff(first[with_target], append=-1) != 0
    return with_target[last_of_sequence]
