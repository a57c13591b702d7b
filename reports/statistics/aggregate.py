"""One figure over many tasks (Agarwal et al. 2021, 'Deep reinforcement learning at the edge of the statistical precipice').

Scores are arrays with the dimensions `problem` (a task at a lag) and `seed`; a problem is never averaged away unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import trim_mean

DRAWS = 2000
PROBLEM, SEED, DRAW = "problem", "seed", "draw"


def scores_of(trials: pd.DataFrame) -> xr.DataArray:
    """The scores of one model and mitigation, [problem, seed], from their evaluation trials; raises `ValueError` where one is missing."""
    evaluated = trials[trials.phase == "evaluate"]
    problem = evaluated.task + " " + evaluated.lag.astype(str)
    table = evaluated.assign(problem=problem).pivot(index=PROBLEM, columns=SEED, values="score")
    if table.isna().any(axis=None):
        raise ValueError(f"not every problem has a score for every seed:\n{table}")
    return xr.DataArray(table, dims=(PROBLEM, SEED))


def interquartile_mean(scores: xr.DataArray) -> xr.DataArray:
    """The mean of the middle half of all scores over problems and seeds; other dimensions stay."""

    def middle(values: np.ndarray) -> np.ndarray:
        return trim_mean(values.reshape(*values.shape[:-2], -1), 0.25, axis=-1)

    return xr.apply_ufunc(middle, scores, input_core_dims=[[PROBLEM, SEED]])


def probability_of_improvement(scores: xr.DataArray, others: xr.DataArray) -> xr.DataArray:
    """How likely a trial of the first scores higher than one of the others on the same problem, mean over the problems.

    A tie counts half, so that it is Mann and Whitney's U over the number of pairs. Raises `ValueError` for different problems.
    """
    if set(scores[PROBLEM].values) != set(others[PROBLEM].values):
        raise ValueError(f"different problems: {list(scores[PROBLEM].values)} and {list(others[PROBLEM].values)}")
    others = others.sel({PROBLEM: scores[PROBLEM]}).drop_vars(SEED, errors="ignore").rename({SEED: "other_seed"})
    wins = (scores > others) + 0.5 * (scores == others)
    return wins.mean([SEED, "other_seed"]).mean(PROBLEM)


def resampled(scores: xr.DataArray, random: np.random.Generator, draws: int = DRAWS) -> xr.DataArray:
    """Bootstrap samples, [draw, problem, seed]: seeds drawn with replacement within each problem, for each by itself (stratified)."""
    shape = (draws, scores.sizes[PROBLEM], scores.sizes[SEED])
    seeds = xr.DataArray(random.integers(scores.sizes[SEED], size=shape), dims=(DRAW, PROBLEM, SEED))
    problems = xr.DataArray(np.arange(scores.sizes[PROBLEM]), dims=PROBLEM)
    sample = scores.drop_vars(SEED, errors="ignore").isel({PROBLEM: problems, SEED: seeds})
    return sample.transpose(DRAW, PROBLEM, SEED).assign_coords({PROBLEM: scores[PROBLEM]})


def bootstrap_interval(statistic: Callable[..., xr.DataArray], *scores: xr.DataArray, confidence: float = 0.95) -> tuple[float, float]:
    """The percentile interval of a statistic of one or several arrays of scores, by a stratified bootstrap with fixed random numbers."""
    random = np.random.default_rng(0)
    drawn = statistic(*(resampled(array, random) for array in scores))
    low, high = drawn.quantile([0.5 - confidence / 2, 0.5 + confidence / 2], dim=DRAW)
    return float(low), float(high)
