"""From the trials of a study to a row a failed trial: its cause, and which changes of one thing rescued the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis.predictions import LSTM, REMEDIES, RMSPROP, WINDOW

CELL = ["task", "lag", "model", "mitigation"]
TRIAL = [*CELL, "learning_rate", "seed"]


def rescues(trials: pd.DataFrame) -> pd.DataFrame:
    """A row for every trial of `none` or `truncated_bptt` that ended at the baseline or diverged.

    Columns: those of `TRIAL`, `cause`, `diagnosis`, `rule`, and one for each remedy: 1 where the trial with the same seed, rate, task
    and lag left the baseline under it (it learned or solved the task), 0 where it did not, missing where it says nothing (a longer window to a trial that was
    not truncated, an LSTM to an LSTM). RMSprop has a grid of its own; it is tried at the rate that tuning chose for it. A remedy's
    trial that diverged is a 0, one that failed to run is missing.
    """
    tuning = trials[trials.phase == "tune"]
    left = tuning.outcome.isin(["learning", "solved"]).astype(float).where(tuning.outcome != "failed").set_axis(pd.MultiIndex.from_frame(tuning[TRIAL]))
    chosen = trials[trials.phase == "evaluate"].drop_duplicates(CELL).set_index(CELL).learning_rate
    failures = tuning[tuning.mitigation.isin(["none", "truncated_bptt"]) & tuning.outcome.isin(["baseline", "diverged"])]

    def changed(trial: pd.Series, remedy: str) -> float:
        untruncated = trial.mitigation == "none"
        same = {name: trial[name] for name in TRIAL}
        if remedy == WINDOW:
            other = None if untruncated else {**same, "mitigation": "none"}
        elif not untruncated:
            other = None
        elif remedy == LSTM:
            other = None if trial.model == "lstm" else {**same, "model": "lstm"}
        elif remedy == RMSPROP:
            cell = {**same, "mitigation": RMSPROP}
            other = {**cell, "learning_rate": chosen[tuple(cell[name] for name in CELL)]}
        else:
            other = {**same, "mitigation": remedy}
        return np.nan if other is None else float(left[tuple(other[name] for name in TRIAL)])

    table = failures[[*TRIAL, "cause", "diagnosis", "rule"]].reset_index(drop=True)
    return table.assign(**{remedy: [changed(trial, remedy) for _, trial in failures.iterrows()] for remedy in REMEDIES})
