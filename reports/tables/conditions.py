"""One row a condition: what became of its trials. Conditions that were not run have rows too."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.statistics.paired import against_none
from unvanish.reports.statistics.rows import Arrays, Rows, arrays, numbers, where
from unvanish.reports.statistics.success import ran, success
from unvanish.reports.statistics.survival import StepsToSolved
from unvanish.reports.statistics.tuning import rate_search
from unvanish.reports.tables.failures import FAILED, reasons
from unvanish.suite.experiment.plan_record import PlannedCondition, PlanRecord
from unvanish.suite.experiment.roles import CURE, role
from unvanish.suite.experiment.tuning import RateGrid
from unvanish.suite.tables.schema import CONDITIONS, typed

KEY = ["task", "lag", "model", "mitigation"]
USED = [  # of the columns of trials
    *("task", "lag", "model", "seed", "status", "diagnosis", "outcome", "cause", "rule", "inert", "steps", "solved_at", "loss", "score"),
    *("learning_rate", "clipped_share"),
]
RUN, PARTLY_FAILED, NOT_RUN, NOT_APPLICABLE = "run", "partly failed", "not run", "not applicable"


def conditions(plan: PlanRecord, trials: pd.DataFrame) -> pd.DataFrame:
    """Every planned condition in the plan's order, then those that are not applicable; columns as in `CONDITIONS` of unvanish.suite.tables.schema."""
    columns = arrays(trials[USED])
    by_condition = trials.groupby([*KEY, "phase"], sort=False).indices
    nothing = np.array([], dtype=int)
    rows = []
    for condition in plan.conditions:
        evaluated, tuned = (where(columns, by_condition.get((*condition.key, phase), nothing)) for phase in ("evaluate", "tune"))
        baseline = plan.task(condition.task, condition.lag).baseline_loss
        rows.append(condition_row(condition, plan.rate_grid(condition), baseline, evaluated, tuned))
    for entry in plan.not_applicable:
        nobody = {"state": NOT_APPLICABLE, "n_solved": 0, "n_trials": 0, "n_failed": 0, "note": entry.reason}
        rows.append({**entry.model_dump(include=set(KEY)), "role": role(entry.model, entry.mitigation), **nobody})
    tests = against_none(trials, families(plan)).drop(columns="pairs")
    table = pd.DataFrame(rows).merge(tests, on=KEY, how="left").reindex(columns=list(CONDITIONS))
    return typed(table.fillna({name: "" for name, column in CONDITIONS.items() if column.dtype == "str"}), CONDITIONS)


def families(plan: PlanRecord) -> dict[tuple[str, int, str], int]:
    """Count the cures that each task, lag and model is planned to compare with `none`; controls are no cures."""
    planned = [condition.key for condition in plan.conditions if role(condition.model, condition.mitigation) == CURE]
    return pd.DataFrame(planned, columns=KEY).groupby(["task", "lag", "model"]).size().to_dict()


def condition_row(condition: PlannedCondition, grid: RateGrid, baseline: float, evaluated: Arrays, tuned: Arrays) -> dict[str, Any]:
    """The row of one condition, from its evaluation and tuning trials; without the columns that compare it with others.

    What trials show is shown by those that were run to their end: where there are none, nothing is known but why they failed, and what tuning tried.
    `evaluated` and `tuned` have the columns `USED`; `baseline` is the loss of the task's memoryless baseline.
    """
    row = condition.model_dump(include={*KEY, "hidden_size", "parameters"})
    row |= {"role": role(condition.model, condition.mitigation), "note": condition.no_gradient or "", "inert": ""}
    if not len(evaluated["status"]):
        return {**row, "state": NOT_RUN, **success(evaluated)}
    diagnoses = ", ".join(f"{count} {word}" for word, count in Counter(evaluated["diagnosis"]).most_common())
    row |= {**success(evaluated), "failure": reasons(evaluated), "diagnoses": diagnoses}
    evaluated = ran(evaluated)
    if not len(evaluated["status"]):
        return {**row, "state": FAILED, **rate_search(tuned, grid, baseline)}
    steps = StepsToSolved(evaluated["solved_at"], evaluated["steps"])
    return {
        **row,
        "state": PARTLY_FAILED if row["n_failed"] else RUN,
        "inert": evaluated["inert"][0] if (evaluated["inert"] != "").all() else "",
        "score": median(evaluated["score"]),
        "steps_to_solved": steps.median(),
        **dict(zip(("steps_low", "steps_high"), steps.median_interval(), strict=True)),
        **first_event(where(evaluated, evaluated["diagnosis"] != "solved")),
        "learning_rate": float(evaluated["learning_rate"][0]),
        **rate_search(tuned, grid, baseline),
        "clipped_share": float(np.mean(clipped)) if len(clipped := numbers(evaluated["clipped_share"])) else np.nan,
    }


def median(values: Any) -> float:
    """The median of the numbers that are not missing; not a number where there are none."""
    known = numbers(values)
    return float(np.median(known)) if len(known) else np.nan


def first_event(unsolved: Rows) -> dict[str, Any]:
    """The most frequent cause."""
    counts = Counter(cause for cause in unsolved["cause"] if cause)
    if not counts:
        return {"cause": "", "n_cause": 0}
    most = max(counts.values())
    return {"cause": min(cause for cause, count in counts.items() if count == most), "n_cause": most}
