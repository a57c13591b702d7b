"""One row a model and mitigation: how it does over all tasks and lags together, how at the longest lags, and how far it remembers.

A model without state is one control, whatever the mitigation: its trials are pooled in one row, whose mitigation is `any`.
"""

from __future__ import annotations

import pandas as pd

from unvanish.reports.statistics.aggregate import bootstrap_interval, interquartile_mean, probability_of_improvement, scores_of
from unvanish.reports.statistics.horizon import memory_horizon
from unvanish.reports.statistics.success import ran, success
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.roles import CURE, is_control_model, pooled, role

ROW = ["model", "mitigation"]
PROBLEM = ["task", "lag"]
SUCCESS = ["n_solved", "n_trials", "n_failed", "success_rate", "success_low", "success_high"]
OVERALL = [*ROW, "role", "n_problems", *SUCCESS, "iqm", "iqm_low", "iqm_high", "improvement", "improvement_low", "improvement_high"]
LONGEST = [*ROW, "role", "n_problems", "n_planned", "n_no_gradient", "inert", *SUCCESS]


def overall(plan: PlanRecord, trials: pd.DataFrame) -> pd.DataFrame:
    """One row a model and mitigation whose every planned condition was run: on a part of the problems, a figure would be of other problems.

    n_problems          tasks at a lag
    n_solved, ...       evaluation trials over all of them, with Wilson's interval
    iqm, iqm_low, iqm_high   interquartile mean of the score and its interval, missing where it cannot be known
    improvement, improvement_low, improvement_high   probability that a trial scores higher than the same seed without the cure; missing for what is
                        no cure, and where `none` was not run on all of these problems

    Where a trial failed to run there is no row either; of a control that is pooled, where no mitigation's trial of a seed was run.
    """
    evaluated = pooled(trials[trials.phase == "evaluate"])
    runs = {name: mine for name, mine in evaluated.groupby(ROW, sort=False) if len(ran(mine)) and all_seeds_ran(mine)}
    arrays = {name: scores_of(ran(mine)) for name, mine in runs.items()}
    rows = []
    for (model, mitigation), problems in pooled(plan.conditions_table).groupby(ROW, sort=False):
        mine = runs.get((model, mitigation))
        if mine is None or len(mine[PROBLEM].drop_duplicates()) < len(problems[PROBLEM].drop_duplicates()):
            continue
        scores = arrays[model, mitigation]
        part = role(model, mitigation)
        row = {"model": model, "mitigation": mitigation, "role": part, "n_problems": scores.sizes["problem"], **success(mine)}
        row["iqm"] = float(interquartile_mean(scores))
        row["iqm_low"], row["iqm_high"] = bootstrap_interval(interquartile_mean, scores)
        without = arrays.get((model, "none"))
        if part == CURE and without is not None and scores.problem.isin(without.problem).all():
            improved = probability_of_improvement(scores, without.sel(problem=scores.problem))
            row |= dict(zip(("improvement", "improvement_low", "improvement_high"), improved, strict=True))
        rows.append(row)
    return pd.DataFrame(rows, columns=OVERALL)


def all_seeds_ran(trials: pd.DataFrame) -> bool:
    """Return whether of each seed on each problem a trial was run to its end."""
    key = [*PROBLEM, "seed"]
    return len(ran(trials)[key].drop_duplicates()) == len(trials[key].drop_duplicates())


def longest_lags(plan: PlanRecord, trials: pd.DataFrame) -> pd.DataFrame:
    """One row a model and mitigation at the longest lag that is planned of each task; every planned model and mitigation has a row, run or not.

    n_problems          tasks of which trials were run to their end, of so many that are planned, n_planned: rows with fewer are not of the same tasks
    n_no_gradient       conditions of these in which no gradient comes from the information's step
    inert               what of the mitigation never acted in any trial of the row
    n_solved, ...       evaluation trials over the tasks, with Wilson's interval
    """
    planned = pooled(plan.conditions_table)
    planned = planned[planned.lag == planned.task.map(plan.longest_lags)]
    evaluated = pooled(trials[trials.phase == "evaluate"]).merge(planned[PROBLEM].drop_duplicates(), on=PROBLEM)
    runs = dict(iter(evaluated.groupby(ROW, sort=False)))
    rows = []
    for (model, mitigation), problems in planned.groupby(ROW, sort=False):
        every = runs.get((model, mitigation), evaluated.iloc[:0])
        mine = ran(every)
        rows.append(
            {
                "model": model,
                "mitigation": mitigation,
                "role": role(model, mitigation),
                "n_problems": len(mine[PROBLEM].drop_duplicates()),
                "n_planned": len(problems[PROBLEM].drop_duplicates()),
                "n_no_gradient": int(problems.no_gradient.notna().sum()),
                "inert": mine.inert.iloc[0] if len(mine) and (mine.inert != "").all() else "",
                **success(every),
            }
        )
    return pd.DataFrame(rows, columns=LONGEST)


def horizons(conditions: pd.DataFrame) -> pd.DataFrame:
    """The memory horizon of each task, model and mitigation whose every lag was run; columns lag, low, high, longest, open."""
    rows = []
    for (task, model, mitigation), lags in pooled(conditions).groupby(["task", *ROW], sort=False):
        if (lags.groupby("lag").n_trials.sum() > 0).all() and (is_control_model(model) or (lags.n_trials > 0).all()):
            horizon = memory_horizon(lags[lags.n_trials > 0].groupby("lag")[["n_solved", "n_trials"]].mean())  # of one seed all of a control's trials are one
            rows.append({"task": task, "model": model, "mitigation": mitigation, **vars(horizon)})
    return pd.DataFrame(rows, columns=["task", *ROW, "lag", "low", "high", "longest", "open"])
