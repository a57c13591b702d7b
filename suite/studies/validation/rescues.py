"""From the trials of a study to its failed trials: the cause of each, and which changes of one thing rescued the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis.predictions import ANOTHER_RATE, LONGER_WINDOW, SAME, predictions
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS

CELL = ["task", "lag", "model", "mitigation"]
TRIAL = [*CELL, "learning_rate", "seed"]


def rescues(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of `none` or `truncated_bptt` that ended at the baseline or diverged, a row for each remedy and rate of `predictions`.

    Columns: those of `TRIAL`, `cause`, `diagnosis`, `rule`, and

    remedy        what was changed
    rate          the remedy's learning rate: `same`, that of the failed trial, or `own best`, the one that tuning chose for the condition with the remedy
    remedy_rate   that rate as a number; missing where the remedy does not apply to the trial, or no rate was chosen
    rescued       1 where the trial with the same task, lag and seed left the baseline under it (it learned or solved the task), 0 where it did not

    A remedy's trial that diverged is a 0. `rescued` is missing where the remedy's trial failed to run; where it was not tried at that rate, since each
    condition grows its grid by itself; and where the remedy says nothing: a longer window to a trial that was not truncated, an LSTM to an LSTM, another
    rate to a trial at its own best rate.
    """
    tuning = trials[trials.phase == "tune"]
    left = tuning.outcome.isin(["learning", "solved"]).astype(float).where(tuning.outcome != "failed")
    left_at = dict(zip(tuning[TRIAL].itertuples(index=False, name=None), left, strict=True))
    evaluated = trials[trials.phase == "evaluate"]
    chosen = dict(zip(evaluated[CELL].itertuples(index=False, name=None), evaluated.learning_rate, strict=True))
    failures = tuning[tuning.mitigation.isin(["none", "truncated_bptt"]) & tuning.outcome.isin(["baseline", "diverged"])]
    rows = []
    for trial in failures[[*TRIAL, "cause", "diagnosis", "rule"]].itertuples(index=False):
        for remedy, rate in predictions():
            cell = with_remedy(trial, remedy)
            remedy_rate = rescued = np.nan
            if cell is not None:
                remedy_rate = trial.learning_rate if rate == SAME else chosen.get(cell, np.nan)
            if cell is not None and not (remedy == ANOTHER_RATE and remedy_rate == trial.learning_rate):
                rescued = left_at.get((*cell, remedy_rate, trial.seed), np.nan)
            rows.append((*trial, remedy, rate, remedy_rate, rescued))
    return pd.DataFrame(rows, columns=[*TRIAL, "cause", "diagnosis", "rule", "remedy", "rate", "remedy_rate", "rescued"])


def with_remedy(trial: Any, remedy: str) -> tuple[str, int, str, str] | None:
    """Return task, lag, model and mitigation of a failed trial, a row, with its remedy; None where the remedy says nothing of the trial."""
    if remedy == ANOTHER_RATE:
        return trial.task, trial.lag, trial.model, trial.mitigation
    untruncated = trial.mitigation == "none"
    if untruncated == (remedy == LONGER_WINDOW) or trial.model == remedy:
        return None
    model = remedy if remedy in MODELS.names else trial.model
    mitigation = remedy if remedy in MITIGATIONS.names else "none"
    return trial.task, trial.lag, model, mitigation
