"""Tests of paired trials for whether a mitigation makes a difference, corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import permutation_test
from statsmodels.stats.multitest import multipletests

from unvanish.suite.experiment.roles import CONTROL, role

CONDITION = ["task", "lag", "model", "mitigation"]
LEVEL = 0.05
PERMUTATIONS = 2**16  # all sign flips of up to 16 pairs; of more, as many random ones
BATCH = 2**12  # of them in memory at a time


def paired_permutation_test(scores: pd.DataFrame, others: pd.Series) -> pd.Series:
    """For each column, the two-sided p of its mean difference to the others, by all flips of signs (Fisher 1935); rows are seeds.

    Raises `ValueError` where the seeds are not the same, since then nothing is paired.
    """
    if set(scores.index) != set(others.index) or scores.index.has_duplicates:
        raise ValueError(f"paired trials need the same seeds once each, not {list(scores.index)} and {list(others.index)}")
    differences = scores.sub(others, axis="index").to_numpy(dtype=float)
    tested = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=PERMUTATIONS, batch=BATCH, axis=0, rng=0)
    return pd.Series(tested.pvalue, index=scores.columns)


def smallest_p(pairs: int) -> float:
    """The lowest two-sided p that so many pairs can reach: one of all 2^pairs flips of signs, and its mirror image."""
    return min(1.0, 2.0 / 2**pairs)


def can_be_significant(pairs: int, comparisons: int, level: float = LEVEL) -> bool:
    """Return whether the best of so many comparisons could survive Holm's correction; a test that cannot is not worth printing."""
    return smallest_p(pairs) * comparisons <= level


def holm(p_values: pd.Series) -> pd.Series:
    """p corrected for their number by Holm's step-down procedure (1979); the index is kept."""
    return pd.Series(multipletests(p_values.to_numpy(dtype=float), method="holm")[1], index=p_values.index)


def against_none(trials: pd.DataFrame, planned: Mapping[tuple[str, int, str], int]) -> pd.DataFrame:
    """Each cure of each task, lag and model against `none`, on the score of evaluation trials that share a seed; controls are no cures.

    The comparisons of one task, lag and model are one family for Holm's correction, with as many as were `planned`: one that
    was not run yet counts with p = 1, so that no p grows when it is. Left out are families that could not come out significant
    with their number of seeds, mitigations of which a trial failed to run, and where that is `none`, the family.
    Columns task, lag, model, mitigation, pairs, difference (mean, in score), p, p_holm.
    """
    rows = []
    evaluated = trials[trials.phase == "evaluate"]
    names = list(zip(evaluated.model, evaluated.mitigation, strict=True))
    controls = {name for name in set(names) if role(*name) == CONTROL}
    compared = evaluated[np.array([name not in controls for name in names], dtype=bool)]
    failed = compared[compared.status == "failed"][CONDITION].drop_duplicates()
    compared = compared[~pd.MultiIndex.from_frame(compared[CONDITION]).isin(pd.MultiIndex.from_frame(failed))]
    for (task, lag, model), family in compared.groupby(["task", "lag", "model"], sort=False):
        mitigations = list(family.mitigation.unique())
        others = [mitigation for mitigation in mitigations if mitigation != "none"]
        if "none" not in mitigations or not others:
            continue
        comparisons = planned[task, lag, model]
        if not can_be_significant(family.seed.nunique(), comparisons):
            continue
        scores = family.pivot(index="seed", columns="mitigation", values="score")
        if scores.isna().any(axis=None):
            continue
        p = paired_permutation_test(scores[others], scores["none"])
        corrected = holm(pd.concat([p, pd.Series(1.0, index=range(comparisons - len(p)))]))
        rows += [
            {
                "task": task,
                "lag": lag,
                "model": model,
                "mitigation": mitigation,
                "pairs": len(scores),
                "difference": float((scores[mitigation] - scores["none"]).mean()),
                "p": p[mitigation],
                "p_holm": corrected[mitigation],
            }
            for mitigation in others
        ]
    return pd.DataFrame(rows, columns=["task", "lag", "model", "mitigation", "pairs", "difference", "p", "p_holm"])
