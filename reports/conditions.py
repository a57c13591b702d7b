"""One row a condition: what became of its trials. Conditions that were not run have rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.paired import against_none
from reports.statistics.sensitivity import rates_that_solve
from reports.statistics.success import wilson_interval
from reports.statistics.survival import StepsToSolved

KEY = ["task", "lag", "model", "mitigation"]
COUNTS = ["hidden_size", "parameters", "rates_solved", "rates"]
RUN, PARTLY_FAILED, NOT_RUN, NOT_APPLICABLE = "run", "failed", "not run", "not applicable"


def conditions(plan: dict[str, Any], trials: pd.DataFrame) -> pd.DataFrame:
    """Every planned condition in the plan's order, then those that are not applicable.

    state               run; failed (a trial of it could not be run to its end); not run; not applicable
    note                why no gradient comes from the information's step, or why it is not applicable
    inert               what of the mitigation never acted in any of its evaluation trials
    hidden_size, parameters
    solved, tried       evaluation trials; one that diverged or failed counts as tried and not as solved
    low, high           Wilson interval of the success rate
    score               median over the evaluation trials
    steps_to_solved     median by Kaplan and Meier; missing where fewer than half of the trials solved the task
    diagnoses           words and how often
    learning_rate       the one that tuning chose
    rates_solved, rates at how many of how many learning rates every tuning trial solved the task
    clipped_share       mean share of steps at which clipping acted
    difference, p, p_holm   mean difference in score to `none` and its test; missing where none could come out significant
    """
    evaluated = dict(iter(trials[trials.phase == "evaluate"].groupby(KEY, sort=False)))
    rows = [summary(condition, evaluated.get(tuple(condition[name] for name in KEY))) for condition in plan["conditions"]]
    rows += [
        {**{name: entry[name] for name in KEY}, "state": NOT_APPLICABLE, "solved": 0, "tried": 0, "note": entry["reason"]} for entry in plan["not_applicable"]
    ]
    families = pd.DataFrame(plan["conditions"]).query("mitigation != 'none'").groupby(["task", "lag", "model"]).size().to_dict()
    rates, tests = rates_that_solve(trials[trials.phase == "tune"]), against_none(trials, families).drop(columns="pairs")
    table = pd.DataFrame(rows).merge(rates, on=KEY, how="left").merge(tests, on=KEY, how="left")
    return table.astype({name: "Int64" for name in COUNTS if name in table})


def summary(condition: dict[str, Any], evaluated: pd.DataFrame | None) -> dict[str, Any]:
    row = {name: condition[name] for name in (*KEY, "hidden_size", "parameters")} | {"note": condition["no_gradient"] or ""}
    if evaluated is None:
        return {**row, "state": NOT_RUN, "solved": 0, "tried": 0}
    solved, tried = int((evaluated.diagnosis == "solved").sum()), len(evaluated)
    low, high = wilson_interval(solved, tried)
    return {
        **row,
        "state": PARTLY_FAILED if (evaluated.status == "failed").any() else RUN,
        "inert": evaluated.inert.iloc[0] if (evaluated.inert != "").all() else "",
        "solved": solved,
        "tried": tried,
        "low": low,
        "high": high,
        "score": float(evaluated.score.median()),
        "steps_to_solved": StepsToSolved(evaluated.solved_at, evaluated.steps).median(),
        "diagnoses": ", ".join(f"{count} {word}" for word, count in evaluated.diagnosis.value_counts().items()),
        "learning_rate": float(evaluated.learning_rate.iloc[0]),
        "clipped_share": float(np.nan_to_num(evaluated.clipped_share).mean()),
    }
