"""One row a condition: what became of its trials. Conditions that were not run have rows too."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.roles import CURE, role
from reports.statistics.paired import against_none
from reports.statistics.sensitivity import rates_that_solve
from reports.statistics.success import wilson_interval
from reports.statistics.survival import StepsToSolved
from reports.statistics.tuning import chosen_rate

KEY = ["task", "lag", "model", "mitigation"]
RUN, PARTLY_FAILED, NOT_RUN, NOT_APPLICABLE = "run", "failed", "not run", "not applicable"
COLUMNS = {
    **dict.fromkeys(KEY, "object"),
    "role": "object",
    "state": "object",
    "note": "object",
    "inert": "object",
    "hidden_size": "Int64",
    "parameters": "Int64",
    "n_solved": "int64",
    "n_trials": "int64",
    "success_rate": "float64",
    "success_low": "float64",
    "success_high": "float64",
    "score": "float64",
    "steps_to_solved": "float64",
    "steps_low": "float64",
    "steps_high": "float64",
    "seconds": "float64",
    "diagnoses": "object",
    "cause": "object",
    "n_cause": "Int64",
    "learning_rate": "float64",
    "rate_at_edge": "object",
    "n_rates_solved": "Int64",
    "n_rates": "Int64",
    "n_rates_tied": "Int64",
    "tuning_loss": "float64",
    "tuning_loss_low": "float64",
    "tuning_loss_high": "float64",
    "clipped_share": "float64",
    "difference": "float64",
    "p": "float64",
    "p_holm": "float64",
}


def conditions(plan: dict[str, Any], trials: pd.DataFrame) -> pd.DataFrame:
    """Every planned condition in the plan's order, then those that are not applicable.

    role                cure, unmitigated, or control: what it is in a comparison
    state               run; failed (a trial of it could not be run to its end); not run; not applicable
    note                that no gradient comes from the information's step, or why it is not applicable
    inert               what of the mitigation never acted in any of its evaluation trials
    hidden_size, parameters
    n_solved, n_trials  evaluation trials; one that diverged or failed counts as a trial that is not solved
    success_rate, success_low, success_high   with Wilson's interval
    score               median over the evaluation trials
    steps_to_solved     median; missing where fewer than half of the trials solved the task
    steps_low, steps_high   interval of that median; missing where the trials leave an end open
    seconds             median over the evaluation trials
    diagnoses           words and how often
    cause, n_cause      the most frequent first event of the evaluation trials that were not solved, and how many of them it has; of equals, the first word
    learning_rate       the one that tuning chose
    rate_at_edge        lowest or highest where it ends its grid
    n_rates_solved, n_rates   at how many of how many learning rates every tuning trial solved the task
    n_rates_tied, tuning_loss, tuning_loss_low, tuning_loss_high   see `reports.statistics.tuning`
    clipped_share       mean share of steps at which clipping acted, over the trials that were run
    difference, p, p_holm   mean difference in score to `none` and its test; missing where none could come out significant
    """
    by_condition = dict(iter(trials.groupby([*KEY, "phase"], sort=False)))
    nothing = trials.iloc[:0]
    rows = []
    for condition in plan["conditions"]:
        key = tuple(condition[name] for name in KEY)
        evaluated, tuned = (by_condition.get((*key, phase), nothing) for phase in ("evaluate", "tune"))
        rows.append({"role": role(condition["model"], condition["mitigation"]), **summary(condition, evaluated, tuned)})
    for entry in plan["not_applicable"]:
        nobody = {"state": NOT_APPLICABLE, "n_solved": 0, "n_trials": 0, "note": entry["reason"], "inert": ""}
        rows.append({**{name: entry[name] for name in KEY}, "role": role(entry["model"], entry["mitigation"]), **nobody})
    rates, tests = rates_that_solve(trials[trials.phase == "tune"]), against_none(trials, families(plan)).drop(columns="pairs")
    table = pd.DataFrame(rows).merge(rates, on=KEY, how="left").merge(tests, on=KEY, how="left")
    return table.reindex(columns=list(COLUMNS)).astype({"lag": "int64"} | {name: kind for name, kind in COLUMNS.items() if kind != "object"})


def families(plan: dict[str, Any]) -> dict[tuple[str, int, str], int]:
    """How many cures each task, lag and model is planned to compare with `none`; controls are no cures."""
    planned = [condition for condition in plan["conditions"] if role(condition["model"], condition["mitigation"]) == CURE]
    return pd.DataFrame(planned, columns=KEY).groupby(["task", "lag", "model"]).size().to_dict()


def summary(condition: dict[str, Any], evaluated: pd.DataFrame, tuned: pd.DataFrame) -> dict[str, Any]:
    row = {name: condition[name] for name in (*KEY, "hidden_size", "parameters")} | {"note": condition["no_gradient"] or "", "inert": ""}
    if evaluated.empty:
        return {**row, "state": NOT_RUN, "n_solved": 0, "n_trials": 0}
    solved, trials = int((evaluated.diagnosis == "solved").sum()), len(evaluated)
    low, high = wilson_interval(solved, trials)
    steps, rate = StepsToSolved(evaluated.solved_at, evaluated.steps), float(evaluated.learning_rate.iloc[0])
    return {
        **row,
        "state": PARTLY_FAILED if (evaluated.status == "failed").any() else RUN,
        "inert": evaluated.inert.iloc[0] if (evaluated.inert != "").all() else "",
        "n_solved": solved,
        "n_trials": trials,
        "success_rate": solved / trials,
        "success_low": low,
        "success_high": high,
        "score": float(evaluated.score.median()),
        "steps_to_solved": steps.median(),
        **dict(zip(("steps_low", "steps_high"), steps.median_interval(), strict=True)),
        "seconds": float(evaluated.seconds.median()),
        "diagnoses": ", ".join(f"{count} {word}" for word, count in evaluated.diagnosis.value_counts().items()),
        **first_event(evaluated[evaluated.diagnosis != "solved"]),
        "learning_rate": rate,
        **chosen_rate(tuned, rate, condition["learning_rates"]),
        "clipped_share": float(evaluated.clipped_share.mean()),
    }


def first_event(unsolved: pd.DataFrame) -> dict[str, Any]:
    """The most frequent cause; a trial that failed to run has none."""
    counts = unsolved.cause[unsolved.cause != ""].value_counts()
    if counts.empty:
        return {"cause": "", "n_cause": 0}
    cause = min(counts.index[counts == counts.max()])
    return {"cause": cause, "n_cause": int(counts[cause])}
