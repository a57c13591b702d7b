"""Predictors that repeat an earlier value of a table's target: the row before, and the same step a season ago, as themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.recorded import Split

if TYPE_CHECKING:
    from unvanish.tasks.table import Table

MAX_SEASON = 400  # rows; a year of days and some more
PERSISTENCE = "same as the row before"


def repeats(task: Table, rows: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
    """Return the predictions [row] of the targets at these rows by name: class numbers, or scaled values.

    The season is the number of rows, from 2 on, after which targets of the training split are most like earlier ones. None where a sequence is asked once
    and its earlier targets are no input, since they may be what is asked for.
    """
    if task.ask == "last_row" and task.target not in task.previous:
        return {}
    series, starts = target_series(task)
    usual = usual_value(task, series)
    training = ends_of(task, "training")

    def after(period: int, asked: NDArray[np.integer]) -> NDArray[np.float64]:
        return repeated(series, starts, asked, period, usual)

    def loss(period: int) -> float:
        deviation = after(period, training) - series[training]
        return float(np.mean(deviation != 0) if task.kind == "classification" else np.mean(np.abs(deviation)))

    found = {PERSISTENCE: after(1, rows)}
    seasons = range(2, min(MAX_SEASON, len(training) // 3) + 1)
    if seasons:
        season = min(seasons, key=loss)
        found[f"same as {season} rows before"] = after(season, rows)
    return found


def target_series(task: Table) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """Return the target of every row, NaN where it is empty, and the first row of its sequence in the file."""
    rows = task.rows
    series = np.where(rows.known, rows.targets.reshape(len(rows.first)), np.nan)
    return series, rows.origin


def ends_of(task: Table, split: Split) -> NDArray[np.int32]:
    """Return the rows at which the sequences of a split end."""
    return task.rows.ends[split]


def usual_value(task: Table, series: NDArray[np.float64]) -> float:
    """Return the most frequent class of the training split, or the mean, which stands in where there is nothing to repeat."""
    known = series[ends_of(task, "training")]
    return float(np.bincount(known.astype(int)).argmax() if task.kind == "classification" else known.mean())


def repeated(series: NDArray[np.float64], starts: NDArray[np.integer], rows: NDArray[np.integer], period: int, usual: float) -> NDArray[np.float64]:
    """Return the last target that is known `period` rows before each row or earlier in its sequence; `usual` where there is none."""
    last_known = np.maximum.accumulate(np.where(np.isnan(series), -1, np.arange(len(series))))
    earlier = rows - period
    found = np.where(earlier >= 0, last_known[np.maximum(earlier, 0)], -1)
    return np.where(found >= starts[rows], series[found], usual)
