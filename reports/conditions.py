"""One row a condition: what became of its evaluation trials. Conditions that were not run have rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.statistics import wilson_interval

KEY = ["task", "lag", "model", "mitigation"]
RUN, PARTLY_FAILED, NOT_RUN, NOT_APPLICABLE = "run", "failed", "not run", "not applicable"


def conditions(plan: dict[str, Any], trials: pd.DataFrame) -> pd.DataFrame:
    """Every planned condition in the plan's order, then those that are not applicable.

    state            run; failed (a trial of it could not be run to its end); not run; not applicable
    solved, tried    evaluation trials; one that diverged or failed counts as tried and not as solved
    low, high        Wilson interval of the success rate
    score            median over the evaluation trials
    solved_at        median steps of the solved trials; missing where none solved
    diagnoses        words and how often
    learning_rate    the one that tuning chose
    clipped_share    mean share of steps at which clipping acted
    note             why it cannot work or is not applicable
    """
    evaluated = trials[trials.phase == "evaluate"]
    by_condition = dict(iter(evaluated.groupby(KEY, sort=False)))
    rows = [summary(condition, by_condition.get(tuple(condition[name] for name in KEY))) for condition in plan["conditions"]]
    rows += [
        {**{name: entry[name] for name in KEY}, "state": NOT_APPLICABLE, "solved": 0, "tried": 0, "note": entry["reason"]} for entry in plan["not_applicable"]
    ]
    return pd.DataFrame(rows)


def summary(condition: dict[str, Any], trials: pd.DataFrame | None) -> dict[str, Any]:
    row = {**{name: condition[name] for name in KEY}, "note": condition["cannot_work"] or ""}
    if trials is None:
        return {**row, "state": NOT_RUN, "solved": 0, "tried": 0}
    solved, tried = int((trials.diagnosis == "solved").sum()), len(trials)
    low, high = wilson_interval(solved, tried)
    steps = trials.solved_at.dropna()
    return {
        **row,
        "state": PARTLY_FAILED if (trials.status == "failed").any() else RUN,
        "solved": solved,
        "tried": tried,
        "low": low,
        "high": high,
        "score": float(trials.score.median()),
        "solved_at": float(steps.median()) if len(steps) else np.nan,
        "diagnoses": ", ".join(f"{count} {word}" for word, count in trials.diagnosis.value_counts().items()),
        "learning_rate": float(trials.learning_rate.iloc[0]),
        "clipped_share": float(trials.clipped_share.mean()),
    }
