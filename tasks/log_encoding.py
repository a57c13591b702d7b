"""The encoding of a log's rows as inputs of a model: columns in their order, with scale and categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.table_reader.settings import UNSAID, Reading


@dataclass(frozen=True)
class Column:
    """A column of a log as inputs or target: one number, or one of several values.

    values        of a category, in the order of their inputs; none where the column is a number
    mean, scale   of a number: its input is (number - mean) / scale
    """

    name: str
    values: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    @property
    def size(self) -> int:
        """The number of its inputs."""
        return len(self.values) or 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return tuple(f"{self.name} {value}" for value in self.values) or (self.name,)

    def inputs(self, cells: NDArray[Any], rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """[..., size] for row numbers [...], zeros where the number is -1; `cells` are those of `LogEncoding`."""
        there = rows >= 0
        if not self.values:
            return np.where(there, cells[rows], 0)[..., None].astype(np.float32)
        one_hot = np.eye(self.size + 1, self.size, dtype=np.float32)  # the last row, which -1 names, is zeros
        return one_hot[np.where(there, cells[rows], -1)]


@dataclass(frozen=True)
class LogEncoding:
    """The encoding of a sequence from the rows of a log.

    previous   columns of which a step sees the row before its own, as what was done yesterday
    current    columns of which a step sees its own row
    target     what is asked for at the last row
    steps      rows of a sequence
    blanks     blank steps after them
    padded     whether a sequence of fewer rows is filled up in front with blank steps
    row_before whether the first step of a sequence sees the row before the sequence
    marked     whether the last input is 1 at a row and 0 at a blank step
    sequence   the column that parts the log of one person, machine or visit from that of another
    reading    how the file of the log is read

    `cells` of a column, one a row: of a number the scaled value as float32, of a category the place in `values`, -1 where the cell is
    empty or has another value.
    """

    previous: tuple[Column, ...]
    current: tuple[Column, ...]
    target: Column
    steps: int
    blanks: int = 0
    padded: bool = False
    row_before: bool = True
    marked: bool = True
    sequence: str = ""
    reading: Reading = UNSAID

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns of the log, each once; what is made of its time is none."""
        names = dict.fromkeys(column.name for column in (*self.previous, *self.current, self.target))
        return tuple(name for name in names if name not in self.reading.calendar)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of all inputs, in their order."""
        before = [f"previous {name}" for column in self.previous for name in column.names]
        return (*before, *(name for column in self.current for name in column.names), *(["is a row"] if self.marked else []))

    def inputs(self, cells: Mapping[str, NDArray[Any]], rows: NDArray[np.integer], first: NDArray[np.integer]) -> NDArray[np.float32]:
        """[..., input] of steps at the rows with these numbers, -1 for none; `first` is the first row that each step may see."""
        before = np.where(rows > first, rows - 1, -1)
        parts = [column.inputs(cells[column.name], before) for column in self.previous]
        parts += [column.inputs(cells[column.name], rows) for column in self.current]
        if self.marked:
            parts.append((rows >= 0)[..., None].astype(np.float32))
        return np.concatenate(parts, axis=-1)

    def with_blanks(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """[sequence, steps, input] -> [sequence, steps + blanks, input]."""
        return np.pad(inputs, [(0, 0), (0, self.blanks), (0, 0)])

    def last_sequence(self, cells: Mapping[str, NDArray[Any]], row: int) -> NDArray[np.float32]:
        """[1, steps + blanks, input] of the sequence that ends at a row of one log, whose first row is row 0."""
        rows = row + np.arange(1 - self.steps, 1)
        first = 0 if self.row_before else max(int(rows[0]), 0)
        return self.with_blanks(self.inputs(cells, np.where(rows >= 0, rows, -1), np.array(first))[None])

    def as_data(self) -> dict[str, Any]:
        """Return plain data, which pydantic parses; how a log is read is left out where nothing is said of it."""
        said = {"sequence": self.sequence, "reading": self.reading}
        plain = {"sequence": "", "reading": UNSAID}
        return {name: value for name, value in asdict(self).items() if name not in said or said[name] != plain[name]}
