"""The memory horizon: the longest lag that a model with a mitigation solves."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.statistics.success import wilson_interval

SHARE = 0.5  # of the trials that must solve a lag


@dataclass(frozen=True)
class MemoryHorizon:
    """Lags; 0 where not even the shortest lag that was tried is solved.

    low, high   where the lower and the upper bound of Wilson's interval of the success rate put it
    longest     lag that was tried; the horizon cannot be seen beyond it
    """

    lag: int
    low: int
    high: int
    longest: int


def memory_horizon(by_lag: pd.DataFrame) -> MemoryHorizon:
    """The longest lag at which at least half of the trials solve the task, as they do at every shorter lag that was tried.

    `by_lag` is indexed by lag and has the columns solved and tried.
    """
    ordered = by_lag.sort_index()
    rows = list(zip(ordered.index, ordered.solved, ordered.tried, strict=True))
    intervals = {lag: wilson_interval(int(solved), int(tried)) for lag, solved, tried in rows}
    return MemoryHorizon(
        lag=reached({lag: solved / tried for lag, solved, tried in rows}),
        low=reached({lag: low for lag, (low, _) in intervals.items()}),
        high=reached({lag: high for lag, (_, high) in intervals.items()}),
        longest=int(ordered.index[-1]),
    )


def reached(rates: dict[int, float]) -> int:
    """The last of the ascending lags before the first one with a rate below `SHARE`."""
    last = 0
    for lag, rate in rates.items():
        if not rate >= SHARE:
            break
        last = int(lag)
    return last
