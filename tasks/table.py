"""A table of your own as a task: one row a step, columns for sequence, inputs and target."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks import gym_log
from unvanish.tasks.baselines import PREVIOUS_TARGET
from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.log_encoding import LogEncoding
from unvanish.tasks.names import check_name
from unvanish.tasks.recorded import RecordedTask, Split
from unvanish.tasks.table_reader.settings import Part, Reading
from unvanish.tasks.table_reader.text import SEPARATORS
from unvanish.tasks.task import Sequences, StepDescription, metric_with_tolerance

if TYPE_CHECKING:
    from unvanish.tasks.table_reader.rows import Declaration, Rows  # imports pandas, which `plan` and `list` need only for a table

READING = tuple(field.name for field in fields(Reading))
EXAMPLES = {"gym_log": gym_log.PATH}  # tables that ship with the project, by the name that stands for a file


@dataclass(frozen=True)
class Table(RecordedTask):
    """The rows of a table in a file as sequences; the target of the last row of each is asked for, `lag` blank steps later.

    file         its path, from the folder of the profile; 'gym_log' is the example that ships
    sequence     the column that says to which sequence a row belongs; where it is empty, the whole file is one
    inputs       columns of which a step sees its own row
    previous     columns of which a step sees the row before, as yesterday's exercise; the target may be one of them
    target       the column to predict; rows where it is empty are inputs, but no targets
    target_kind  'class', or 'number'
    categories   columns of numbers that are names, not amounts; columns with any other cell than numbers are categories anyway
    steps        rows of a sequence
    ask          'every_row': each row with a target is the end of a sequence of `steps` rows; 'last_row': each sequence of the file
                 is asked about once, at its last row with a target, and is filled up in front where it is shorter
    within       of a number: how near a prediction must be to count as right, in the unit of the target
    time         the column, or the columns, that say when a row was; rows are sorted by it. Without it they are taken to be in their order
    separator, decimal, missing, fill, day_first, timezone, gaps, calendar, in_order, outliers
                 how the file is read, see `unvanish.tasks.table_reader.settings.Reading`

    Inputs: a category is one-hot, all zeros where the cell is empty or has a value that the training split has not; a number has mean
    0 and standard deviation 1 over the training split; the last input is 1 at a row and 0 at a blank step. The target of a
    regression is scaled likewise, and so are its losses.

    Splits, 60 : 20 : 20. A file that is one sequence is cut in three in the order of its rows, so that what is tested on is the
    latest, and no sequence crosses a cut. With `sequence` and dates as `time`, every sequence is cut at the same two times; with
    'last_row', those that end latest are tested on. With `sequence` and no dates, whole sequences are divided at random. Sequences
    that end at neighbouring rows share most of their rows, so an interval over them is too narrow.
    """

    file: str = "gym_log"
    sequence: str = ""
    inputs: tuple[str, ...] = ("day", "month", "health")
    previous: tuple[str, ...] = ("exercise", "missed")
    target: str = "exercise"
    target_kind: Literal["class", "number"] = "class"
    categories: tuple[str, ...] = ()
    steps: int = 14
    ask: Literal["every_row", "last_row"] = "every_row"
    within: float = 0.0
    time: str | tuple[str, ...] = ()
    separator: str = ""
    decimal: Literal["", ".", ","] = ""
    missing: tuple[str, ...] = ()
    fill: Literal["", "last", "mean", "drop"] = ""
    day_first: bool | None = None
    timezone: str = ""
    gaps: Literal["ignore", "steps"] = "ignore"
    calendar: tuple[Part, ...] = ()
    in_order: bool = False
    outliers: tuple[str, ...] = ()
    label: str = ""  # of the task where a profile has several tables: its name is table:label
    location: Path | None = field(default=None, compare=False)  # where the file is here; no part of what the task is
    encoding: LogEncoding | None = None

    name: ClassVar[str] = "table"
    summary: ClassVar[str] = "a table of your own, one row a step; a year's gym log unless a file is given"
    reference: ClassVar[str] = "the source document, S3 to S6, for the gym log"
    position: ClassVar[int] = 8
    source_rows: ClassVar[str] = "S3, S4, S5, S6"
    derived: ClassVar[frozenset[str]] = frozenset({"facts", "encoding", "label", "location"})

    def __post_init__(self) -> None:
        if self.label:
            check_name("a table, after the colon,", self.label)
        self.require("steps", 1, 10_000)
        if self.separator and self.separator not in SEPARATORS:
            raise UsageError(f"separator of {self.name} is {shown(self.separator)}; give one of {', '.join(map(shown, SEPARATORS))}")
        if self.target_kind == "number" and not 0 < self.within < float("inf"):
            raise UsageError(f"within of {self.name} is {self.within:g}; give how near a predicted {self.target} must be to count as right")
        if self.lag >= 0 and self.encoding is None:
            object.__setattr__(self, "encoding", replace(self.rows.encoding, blanks=self.lag))
        regression = self.target_kind == "number"
        # These are of the class elsewhere; a table's depend on what is declared.
        object.__setattr__(self, "name", f"table:{self.label}" if self.label else "table")
        object.__setattr__(self, "kind", "regression" if regression else "classification")
        object.__setattr__(self, "metric", "within_tolerance" if regression else "accuracy")
        object.__setattr__(self, "tolerance", self.within / self.encoding.target.scale if regression and self.encoding else 0.0)
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, Any]:
        """Without the place of the file on this machine, since their digest says what the data are; how it is read only where that is said."""
        given = {name: value for name, value in super().parameters.items() if name not in ("location", "label")}
        plain = {field.name: field.default for field in fields(self) if field.name in READING}
        if self.encoding is not None:
            given["encoding"] = self.encoding.as_data()
        return {name: value for name, value in given.items() if name not in plain or value != plain[name]}

    @property
    def metric_label(self) -> str:
        """With the tolerance in the unit of the column, not in that of its scaled values."""
        return metric_with_tolerance(self.metric, self.within)

    @property
    def declaration(self) -> Declaration:
        """The parameters that decide the rows, whatever the lag."""
        from unvanish.tasks.table_reader.rows import Declaration

        path = EXAMPLES.get(self.file) or self.location or Path(self.file)
        return Declaration(path, self.sequence, self.inputs, self.previous, self.target, self.target_kind, self.categories, self.steps, self.ask, self.reading)

    @property
    def reading(self) -> Reading:
        """How the file is read."""
        time = (self.time,) if isinstance(self.time, str) else self.time
        return Reading(**{name: getattr(self, name) for name in READING if name != "time"}, time=tuple(name for name in time if name))

    @property
    def account(self) -> tuple[str, ...]:
        """How the file was read, a line each."""
        return (*self.rows.account.lines, *super().account[:1], *super().warnings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about its columns, and about the data as a whole."""
        return (*super().warnings, *(f"{column.name}: {note}" for column in self.rows.account.columns for note in column.notes))

    @property
    def rows(self) -> Rows:
        """The rows, read once in a process unless the file changes; raises `UsageError` where the file is not the one that the facts are of."""
        declaration = self.declaration
        found = read_rows_once(declaration, file_stamp(declaration.path))
        if self.facts is not None and self.facts.digest != found.digest:
            raise UsageError(f"the table {found.path} has changed since its results were made; run the profile again")
        return found

    @property
    def log_encoding(self) -> LogEncoding:
        assert self.encoding is not None
        return replace(self.encoding, sequence=self.sequence, reading=self.reading)

    @property
    def length(self) -> int:
        return self.steps + self.lag

    @property
    def input_size(self) -> int:
        return len(self.input_names)

    @property
    def input_names(self) -> tuple[str, ...]:
        return self.log_encoding.input_names

    @property
    def output_size(self) -> int:
        return self.log_encoding.target.size

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.log_encoding.target.values or (self.target,)

    @property
    def feature_groups(self) -> dict[str, slice]:
        """The inputs that are the target of the row before, where there are any."""
        start = 0
        for column in self.log_encoding.previous:
            if column.name == self.target:
                return {PREVIOUS_TARGET: slice(start, start + column.size)}
            start += column.size
        return {}

    @property
    def digest(self) -> str:
        return self.rows.digest

    def split_size(self, split: Split) -> int:
        return len(self.rows.ends[split])

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        return self.rows.sequences(self.rows.ends[split][chosen])

    def repeated(self, split: Split, chosen: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
        from unvanish.tasks.repeats import repeats

        return repeats(self, self.rows.ends[split][chosen])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        target = sequences.targets[index].item()
        column = self.log_encoding.target
        answer = column.values[target] if column.values else f"{target * column.scale + column.mean:g}"
        words = []
        for step, values in enumerate(sequences.inputs[index]):
            inputs = [name if value == 1 else f"{name} {value:.2f}" for name, value in zip(self.input_names[:-1], values[:-1], strict=True) if value]
            words.append(StepDescription(", ".join(inputs) if values[-1] else "blank", answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@lru_cache(maxsize=4)
def read_rows_once(declaration: Declaration, file_stamp: tuple[int, int]) -> Rows:
    """Read the rows of a declaration, once while the file stamp stays the same."""
    from unvanish.tasks.table_reader.rows import read_rows

    return read_rows(declaration)


def file_stamp(path: Path) -> tuple[int, int]:
    """Return modification time and size of a file; zeros where there is none, which reading it reports."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size


TASK = Table
