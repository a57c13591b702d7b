"""The share of trials that solve their task."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from unvanish.reports.statistics.rows import Rows, where


@cache
def wilson_interval(solved: float, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a success rate by Wilson's score (1927): it has a width at 0 and at 1, and for a handful of trials.

    `solved` may be a sum of halves, where a draw counts half: the variance is then at most the binomial one, the interval too wide rather than
    too narrow. Raises `ValueError` for no trials, of which nothing is known.
    """
    if not trials:
        raise ValueError("no trials, and so no interval")
    low, high = proportion_confint(solved, trials, alpha=1 - confidence, method="wilson")
    return max(float(low), 0.0) if solved else 0.0, min(float(high), 1.0) if solved < trials else 1.0


def ran(trials: Rows) -> Any:
    """Return the trials that were run to their end; of one that failed to run nothing is known, neither that it solves its task nor that it does not."""
    return where(trials, np.asarray(trials["status"]) != "failed")


def success(trials: Rows) -> dict[str, Any]:
    """Sum up evaluation trials: n_solved, n_trials, success_rate, Wilson's interval, success_low and success_high, and n_failed.

    All but n_failed is of the trials that were run to their end. Trials of one task, lag, model and seed are not independent: what differs between them
    may never have acted, and then they are one trial several times. The interval is of so many trials as there are different ones of these. No trials
    have no interval.
    """
    was_run = np.asarray(trials["status"]) != "failed"
    diagnosis, *key = (np.asarray(trials[name])[was_run] for name in ("diagnosis", "task", "lag", "model", "seed"))
    solved, count = int((diagnosis == "solved").sum()), len(diagnosis)
    row: dict[str, Any] = {"n_solved": solved, "n_trials": count, "success_rate": np.nan, "success_low": np.nan, "success_high": np.nan}
    row["n_failed"] = len(was_run) - count
    if count:
        different = len(set(zip(*key, strict=True)))
        low, high = wilson_interval(solved / count * different, different)
        row |= {"success_rate": solved / count, "success_low": low, "success_high": high}
    return row
