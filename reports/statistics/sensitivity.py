"""Sensitivity to the learning rate: the number of rates of the grid at which a condition works."""

from __future__ import annotations

import pandas as pd

CONDITION = ["task", "lag", "model", "mitigation"]


def by_rate(tuning: pd.DataFrame) -> pd.DataFrame:
    """Tuning trials by condition and learning rate, both in the index, rates ascending: columns n_solved, n_trials and score (mean over the seeds)."""
    grouped = tuning.assign(solved=tuning.diagnosis == "solved").groupby([*CONDITION, "learning_rate"])
    return grouped.agg(n_solved=("solved", "sum"), n_trials=("solved", "size"), score=("score", "mean"))
