"""The memory horizon: the longest lag that a model with a mitigation solves."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from unvanish.reports.statistics.success import wilson_interval

SHARE = 0.5  # of the trials that must solve a lag
NONE = -1  # in the place of a lag, where none is solved; recorded data have a lag of 0


@dataclass(frozen=True)
class MemoryHorizon:
    """Lags; `NONE` where not even the shortest lag that was tried is solved.

    low, high   where the lower and the upper bound of Wilson's interval of the success rate put it, among the lags that were tried
    longest     lag that was tried
    open        whether the upper bound still allows the longest lag, so that how far the horizon may reach is not known
    """

    lag: int
    low: int
    high: int
    longest: int
    open: bool


def memory_horizon(by_lag: pd.DataFrame) -> MemoryHorizon:
    """The longest lag at which at least half of the trials solve the task, as they do at every shorter lag that was tried.

    `by_lag` is indexed by lag and has the columns n_solved and n_trials.
    """
    ordered = by_lag.sort_index()
    rows = list(zip(ordered.index, ordered.n_solved, ordered.n_trials, strict=True))
    intervals = {lag: wilson_interval(float(solved), int(trials)) for lag, solved, trials in rows}
    longest, high = int(ordered.index[-1]), reached({lag: high for lag, (_, high) in intervals.items()})
    return MemoryHorizon(
        lag=reached({lag: solved / trials for lag, solved, trials in rows}),
        low=reached({lag: low for lag, (low, _) in intervals.items()}),
        high=high,
        longest=longest,
        open=high == longest,
    )


def reached(rates: dict[int, float]) -> int:
    """The last of the ascending lags before the first one with a rate below `SHARE`."""
    last = NONE
    for lag, rate in rates.items():
        if not rate >= SHARE:
            break
        last = int(lag)
    return last
