"""One figure over many tasks (Agarwal et al. 2021, 'Deep reinforcement learning at the edge of the statistical precipice').

Scores are arrays with the dimensions `problem` (a task at a lag) and `seed`; a problem is never averaged away unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import trim_mean

from unvanish.reports.statistics.success import wilson_interval

DRAWS = 2000
FEWEST = 5  # seeds of a bootstrap
SAME = 1e-12  # scores that differ by less are equal, but for rounding
PROBLEM, SEED, DRAW = "problem", "seed", "draw"


def scores_of(trials: pd.DataFrame) -> xr.DataArray:
    """The scores of one model and mitigation, [problem, seed], from their evaluation trials; raises `ValueError` where one is missing.

    Of a control pooled over several mitigations, the mean of each seed's trials: they are hardly different ones.
    """
    evaluated = trials[trials.phase == "evaluate"]
    problem = evaluated.task + " " + evaluated.lag.astype(str)
    table = evaluated.assign(problem=problem).pivot_table(index=PROBLEM, columns=SEED, values="score", aggfunc="mean")
    if table.isna().any(axis=None):
        raise ValueError(f"not every problem has a score for every seed:\n{table}")
    return xr.DataArray(table, dims=(PROBLEM, SEED))


def interquartile_mean(scores: xr.DataArray) -> xr.DataArray:
    """The mean of the middle half of all scores over problems and seeds; other dimensions stay."""

    def middle(values: np.ndarray) -> np.ndarray:
        return trim_mean(values.reshape(*values.shape[:-2], -1), 0.25, axis=-1)

    return xr.apply_ufunc(middle, scores, input_core_dims=[[PROBLEM, SEED]])


def probability_of_improvement(scores: xr.DataArray, others: xr.DataArray) -> tuple[float, float, float]:
    """The probability that a trial scores higher with the one than the trial of the same seed does with the other, with the 95 % interval.

    A tie counts half; the mean is over problems. Compared are trials of the same seed, since they differ in the mitigation alone: the question is
    what it does to a trial, and comparing every trial with every other one (Mann and Whitney's U) can answer the opposite (Hand 1992, 'On
    comparing two treatments'). A pair is one observation, never taken apart; the interval is Wilson's over all pairs, whose variance, pairs being
    drawn within each problem, is at most the binomial one. A bootstrap of the pairs covers 85 % where three seeds a problem are meant to cover 95,
    and nothing where every pair agrees; tests/reports/statistics/test_aggregate.py has the simulation.

    Raises `ValueError` for different problems or seeds, of which nothing is paired.
    """
    for dimension in (PROBLEM, SEED):
        if set(scores[dimension].values) != set(others[dimension].values):
            raise ValueError(f"different {dimension}s: {list(scores[dimension].values)} and {list(others[dimension].values)}")
    others = others.sel({name: scores[name] for name in (PROBLEM, SEED)})
    wins = (scores > others) + 0.5 * (scores == others)
    low, high = wilson_interval(float(wins.sum()), wins.size)
    return float(wins.mean()), low, high


def resampled(scores: xr.DataArray, random: np.random.Generator, draws: int = DRAWS) -> xr.DataArray:
    """Bootstrap samples, [draw, problem, seed]: seeds drawn with replacement within each problem, for each by itself (stratified)."""
    shape = (draws, scores.sizes[PROBLEM], scores.sizes[SEED])
    seeds = xr.DataArray(random.integers(scores.sizes[SEED], size=shape), dims=(DRAW, PROBLEM, SEED))
    problems = xr.DataArray(np.arange(scores.sizes[PROBLEM]), dims=PROBLEM)
    sample = scores.drop_vars(SEED, errors="ignore").isel({PROBLEM: problems, SEED: seeds})
    return sample.transpose(DRAW, PROBLEM, SEED).assign_coords({PROBLEM: scores[PROBLEM]})


def bootstrap_interval(statistic: Callable[[xr.DataArray], xr.DataArray], scores: xr.DataArray, confidence: float = 0.95) -> tuple[float, float]:
    """The percentile interval of a statistic of scores, by a stratified bootstrap with fixed random numbers.

    Missing with fewer than `FEWEST` seeds, of which there are too few different samples (10 of three), and where the samples all give the same: equal
    scores say nothing of what another seed would have given.
    """
    if scores.sizes[SEED] < FEWEST:
        return np.nan, np.nan
    drawn = statistic(resampled(scores, np.random.default_rng(0)))
    low, high = drawn.quantile([0.5 - confidence / 2, 0.5 + confidence / 2], dim=DRAW).values
    return (float(low), float(high)) if high - low > SAME else (np.nan, np.nan)
