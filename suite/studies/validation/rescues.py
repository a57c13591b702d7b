"""From the trials of a study to one row for each failed trial: its cause, and which changes of one thing rescued the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis.predictions import LONGER_WINDOW, remedies
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS

CELL = ["task", "lag", "model", "mitigation"]
TRIAL = [*CELL, "learning_rate", "seed"]


def rescues(trials: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every trial of `none` or `truncated_bptt` that ended at the baseline or diverged.

    Columns: those of `TRIAL`, `cause`, `diagnosis`, `rule`, and one for each remedy: 1 where the trial with the same seed, rate, task
    and lag left the baseline under it (it learned or solved the task), 0 where it did not, missing where it says nothing (a longer window to a trial that was
    not truncated, an LSTM to an LSTM). An optimizer with a grid of rates of its own is tried at the rate that tuning chose for it. A
    remedy's trial that diverged is a 0, one that failed to run is missing.
    """
    tuning = trials[trials.phase == "tune"]
    left = tuning.outcome.isin(["learning", "solved"]).astype(float).where(tuning.outcome != "failed").set_axis(pd.MultiIndex.from_frame(tuning[TRIAL]))
    chosen = trials[trials.phase == "evaluate"].drop_duplicates(CELL).set_index(CELL).learning_rate
    failures = tuning[tuning.mitigation.isin(["none", "truncated_bptt"]) & tuning.outcome.isin(["baseline", "diverged"])]

    def rescued(trial: pd.Series, remedy: str) -> float:
        untruncated = trial.mitigation == "none"
        if untruncated == (remedy == LONGER_WINDOW) or trial.model == remedy:
            return np.nan
        other = {name: trial[name] for name in TRIAL}
        if remedy == LONGER_WINDOW:
            other["mitigation"] = "none"
        elif remedy in MODELS.names:
            other["model"] = remedy
        else:
            other["mitigation"] = remedy
            if MITIGATIONS[remedy].learning_rate_grid:
                other["learning_rate"] = chosen[tuple(other[name] for name in CELL)]
        return float(left[tuple(other[name] for name in TRIAL)])

    table = failures[[*TRIAL, "cause", "diagnosis", "rule"]].reset_index(drop=True)
    return table.assign(**{remedy: [rescued(trial, remedy) for _, trial in failures.iterrows()] for remedy in remedies()})
