"""A log as a task and a prediction read it: the rows of a file that are not dropped, in the order of their time, with missed steps where they count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError
from unvanish.tasks.table_reader.column import RawColumn
from unvanish.tasks.table_reader.file import TableFile, read_table
from unvanish.tasks.table_reader.settings import Reading
from unvanish.tasks.table_reader.time import (
    COMPONENTS,
    MAX_GAP_ROWS,
    Step,
    Times,
    calendar_column,
    check_counters,
    check_order_of_dates,
    describe_step,
    is_clock,
    missed_steps,
    read_times,
    sorted_rows,
    usual_step,
)


@dataclass(frozen=True, eq=False)
class Log:
    """The rows of a log in their order.

    columns  that were asked for, and weekday, month and hour
    order    of each row, its number in the file; -1 for a missed step
    local    the time of each row; None where there is none, or it is a number
    notes    on the order of rows and their steps
    dropped  rows that were left out, and why
    latest   the row of the latest time; where no time is named, the last one of the file
    """

    file: TableFile
    columns: Mapping[str, RawColumn]
    order: NDArray[np.intp]
    local: pd.DatetimeIndex | None
    notes: tuple[str, ...]
    dropped: tuple[str, ...]
    latest: int

    def location(self, row: int) -> str:
        """Where a row is in the file, as a reader counts."""
        return f"{self.file.row} {self.file.lines[self.order[row]]}" if self.order[row] >= 0 else "a missed step"

    def when(self, row: int) -> str:
        """Where a row is in the file, and its time."""
        return self.location(row) + (f", {shown_time(self.local[row])}" if self.local is not None else "")

    def rows(self, chosen: NDArray[np.intp]) -> Log:
        """The same log with these rows alone, of which the last is the latest."""
        columns = {name: column.in_order(chosen) for name, column in self.columns.items()}
        return replace(self, columns=columns, order=self.order[chosen], local=None if self.local is None else self.local[chosen], latest=len(chosen) - 1)


def shown_time(time: pd.Timestamp) -> str:
    """A time without a clock where it is midnight."""
    return str(time).removesuffix(" 00:00:00")


def read_file(path: Path, names: Sequence[str], sequence: str, reading: Reading) -> TableFile:
    """Read the file with all columns that a log needs."""
    for part in reading.calendar:
        if part in names:
            raise UsageError(f"calendar of the table {path} makes a column {part}, which the file has too; name one of them only")
    if reading.calendar and not reading.time:
        raise UsageError(f'calendar of the table {path} needs the time of its rows; write time = "..." with the column that has it')
    return read_table(path, list(dict.fromkeys([*names, *([sequence] if sequence else []), *reading.time])), reading)


def ordered(file: TableFile, names: Sequence[str], sequence: str, reading: Reading, must_have: Collection[str], keep_latest: bool = False) -> Log:
    """Return the rows of a file as a log; raise `UsageError` where their order is not certain.

    must_have    columns of numbers: a row without one is dropped where the profile says so
    keep_latest  whether the latest row is kept whatever it lacks, since it is to be predicted
    """
    columns, lines, row = file.columns, file.lines, file.row
    by = columns[sequence] if sequence else None
    if by is not None and (by.codes < 0).any():
        raise UsageError(f"{row} {lines[by.row_of(None)]} of the table {file.path} has no {by.name}; say to which sequence it belongs")
    times = None
    if reading.time:
        times = read_times(file.path, columns, reading, lines, row)
        order, notes = sorted_rows(file.path, times, by, lines, row, columns, reading)
        notes = (*times.notes, *notes)
        latest = int(times.keys[0].argmax())
    else:
        if not reading.in_order:
            clocks = [column for name, column in columns.items() if name not in file.dates and is_clock(column)]
            check_order_of_dates(file.path, [columns[name] for name in file.dates], clocks, by, lines, row)
            check_components(file, by)
            check_counters(file.path, [columns[name] for name in file.counters if name != sequence], by, lines, row)
        order = np.argsort(by.codes, kind="stable") if by is not None else np.arange(len(lines))
        notes = ("no column is named as time, so rows are taken to be in their order, the oldest first" + (" of each sequence" if sequence else ""),)
        latest = len(lines) - 1
    order, dropped = without_empty(file, order, reading, must_have, latest if keep_latest else None)
    log = Log(
        file, {name: column.in_order(order) for name, column in columns.items()}, order, None, notes, dropped, int(np.flatnonzero(order == latest)[-1:].sum())
    )
    return log if times is None else with_steps(log, times, sequence, reading)


def without_empty(
    file: TableFile, order: NDArray[np.intp], reading: Reading, must_have: Collection[str], latest: int | None
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the rows without those that have no number where the profile says so, and what was dropped."""
    if reading.fill != "drop" or not must_have:
        return order, file.dropped
    missing = {name: np.isnan(file.columns[name].values_by_row) for name in must_have}
    empty = np.any(list(missing.values()), axis=0)
    if latest is not None:
        empty[latest] = False
    names = ", ".join(name for name, without in missing.items() if without.any())
    if empty.all():
        raise UsageError(f"every row of the table {file.path} has no number in one of {names}, and fill = 'drop' leaves none; leave that column out")
    return order[~empty[order]], (*file.dropped, f"{empty.sum():,} without a number in {names}") if empty.any() else file.dropped


def check_components(file: TableFile, by: RawColumn | None) -> None:
    """Raise `UsageError` where columns of year, month, day and hour say that rows are not in their order."""
    columns, lines = file.columns, file.lines
    parts = {name.lower(): name for name in columns if name.lower() in COMPONENTS}
    if not {"year", "month"} <= set(parts):
        return
    names = tuple(parts[part] for part in COMPONENTS if part in parts)
    try:
        times = read_times(file.path, columns, Reading(time=names), lines, file.row)
    except UsageError:
        return  # columns of such names that are no time
    codes = np.zeros(len(lines), np.int32) if by is None else by.codes
    order = np.argsort(codes, kind="stable")
    back = np.flatnonzero((np.diff(times.keys[0][order]) < 0) & (np.diff(codes[order]) == 0))
    if len(back):
        listed = ", ".join(f'"{name}"' for name in names)
        raise UsageError(
            f"the rows of the table {file.path} are not in the order of its columns {', '.join(names)}: {file.row} {lines[order[back[0] + 1]]} is earlier than "
            f"the one before it; write time = [{listed}] to sort by them, or in_order = true where the rows are in their order as they are"
        )


def with_steps(log: Log, times: Times, sequence: str, reading: Reading) -> Log:
    """Count the steps that were missed, make rows of them where the profile says so, and add the columns of the calendar."""
    local = times.local[log.order] if times.local is not None else None
    key = times.keys[0][log.order]
    codes = log.columns[sequence].codes if sequence else np.zeros(len(log.order), np.int32)
    first = np.diff(codes, prepend=-1) != 0
    step = usual_step(key, local, first)
    if reading.calendar and local is None:
        raise UsageError(f"calendar of the table {log.file.path} needs dates, and its time {', '.join(reading.time)} is a number; leave calendar out")
    log = replace(log, local=local)
    if step is not None and step.size > 0:
        missed = missed_steps(key, local, first, step)
        told = f"the usual step is {describe_step(step, local)}"
        if missed.any():
            told += f"; {missed.sum():,} are missed in {np.sum(missed > 0):,} gaps, which " + (
                "are steps of their own, with empty cells" if reading.gaps == "steps" else 'are left out (gaps = "steps" makes them steps of their own)'
            )
        log = replace(log, notes=(*log.notes, told))
        if reading.gaps == "steps" and missed.any():
            log = inserted(log, missed, step, sequence)
    if reading.calendar:
        assert log.local is not None
        log = replace(log, columns={**log.columns, **{part: calendar_column(part, log.local) for part in reading.calendar}})
    return log


def inserted(log: Log, missed: NDArray[np.int64], step: Step, sequence: str) -> Log:
    """Return a log with a row for each missed step."""
    if missed.sum() > MAX_GAP_ROWS * len(log.order):
        raise UsageError(
            f"the table {log.file.path} has {len(log.order):,} rows and {missed.sum():,} missed steps of {describe_step(step, log.local)}, too many to be "
            'steps of their own; leave gaps = "steps" out'
        )
    after = np.repeat(np.arange(len(log.order)), missed + 1)  # the row that each row is, or comes before
    left = np.cumsum(missed + 1)[after] - 1 - np.arange(len(after))  # steps from there to it
    chosen = np.where(left == 0, after, -1)
    local = log.local
    if local is not None:
        moments = local[after].to_numpy().astype("datetime64[us]")
        if step.months:
            months = moments.astype("datetime64[M]")
            local = pd.DatetimeIndex((months - left * int(step.size)).astype("datetime64[us]") + (moments - months.astype("datetime64[us]")))
        else:
            local = pd.DatetimeIndex(moments - left * np.timedelta64(int(step.size), "us"))
    columns = {name: column.in_order(after if name == sequence else chosen) for name, column in log.columns.items()}
    return replace(log, columns=columns, order=np.where(chosen >= 0, log.order[after], -1), local=local, latest=int(np.flatnonzero(chosen == log.latest)[0]))
