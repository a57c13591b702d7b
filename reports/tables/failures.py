"""Trials that could not be run to their end: how a count with some of them is written, and why they failed. They are evidence for nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.reports.statistics.rows import Rows

CONDITION = ["task", "lag", "model", "mitigation"]
FAILED = "failed"  # in the place of a count where no trial could be run, so that it is not taken for none solved
MAX_NAMED = 3  # conditions of a reason


def solved_of(n_solved: int, n_trials: int, n_failed: int = 0, separator: str = "/") -> str:
    """Return the trials solved of those that were run, `2/3`, and how many others failed, `2/3, 1 failed`; `failed` where all did, `-` where there are none."""
    if not n_trials:
        return FAILED if n_failed else "-"
    return f"{n_solved}{separator}{n_trials}" + (f", {n_failed} failed" if n_failed else "")


def reasons(trials: Rows) -> str:
    """Return why trials of these failed, each reason once; empty where none did."""
    return "; ".join(dict.fromkeys(np.asarray(trials["rule"])[np.asarray(trials["status"]) == "failed"]))


def failures(trials: pd.DataFrame) -> list[str]:
    """Return a sentence for each reason why trials could not be run: their number, their conditions and the reason."""
    failed = trials[trials.status == "failed"]
    sentences = []
    for reason, rows in failed.groupby("rule", sort=False):
        names = [f"{row.model} with {row.mitigation} on {row.task} lag {row.lag}" for row in rows[CONDITION].drop_duplicates().itertuples()]
        shown = names if len(names) <= MAX_NAMED else [*names[:MAX_NAMED], f"{len(names) - MAX_NAMED} further conditions"]
        sentences.append(f"{len(rows)} trial{'s' if len(rows) > 1 else ''} could not be run ({', '.join(shown)}): {reason}")
    return sentences
