"""Cures ranked for a model at a lag, by what a finished benchmark measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, log
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from unvanish.reports.statistics.success import success
from unvanish.reports.tables.conditions import first_event
from unvanish.suite.experiment.roles import CONTROL, is_control_model, role
from unvanish.suite.export.keras_code import keras_code
from unvanish.tasks.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

RANKING = [
    "rank",
    "mitigation",
    "role",
    "n_problems",
    "n_solved",
    "n_trials",
    "success_rate",
    "success_low",
    "success_high",
    "tied",
    "steps_to_solved",
    "seconds",
    "learning_rates",
    "score",
    "cause",
    "n_cause",
    "inert",
    "no_gradient",
]


@dataclass(frozen=True, eq=False)
class Advice:
    """The ranked answer for a model at a lag.

    lag         as it was given
    problems    tasks and lags it is answered from: of each task the lag nearest to it, by their ratio; of two equally near the longer
    ranking     a row a mitigation, best first, with the columns of `ranking`
    """

    model: str
    lag: int
    problems: list[tuple[str, int]]
    ranking: pd.DataFrame

    @property
    def exact(self) -> bool:
        """Return whether every task was run at the given lag."""
        return all(lag == self.lag for _, lag in self.problems)

    @property
    def best(self) -> pd.Series | None:
        """The first of the ranking; None where nothing solved a single trial, since then nothing is advised."""
        ranked = self.ranking[self.ranking["rank"].notna()]
        return ranked.iloc[0] if len(ranked) and ranked.n_solved.iloc[0] > 0 else None


def advise(data: Benchmark, model: str, lag: int, task: str | None = None) -> Advice:
    """The ranking for a model at the lag nearest to `lag`, on one task or over all; raises `UsageError` for what the benchmark does not hold."""
    planned = data.plan.conditions_table
    models = [name for name in dict.fromkeys(planned.model) if not is_control_model(name)]
    if model not in models:
        raise unknown_name("recurrent model in this benchmark,", model, models)
    if task is not None and task not in set(planned.task):
        raise unknown_name("task in this benchmark,", task, dict.fromkeys(planned.task))
    if lag < 0:
        raise UsageError(f"the lag is {lag}; give a whole number of at least 0")
    mine = data.evaluated[(data.evaluated.model == model) & (data.evaluated.task == task if task else True)]
    if mine.empty:
        raise UsageError(
            f"no trial of {model}{f' on {task}' if task else ''} has been run yet; go on with the benchmark: unvanish run {data.plan.profile.name}"
        )
    problems = [
        (name, int(min(lags, key=lambda here: (abs(log(max(here, 1) / max(lag, 1))), here != lag, -here))))
        for name, lags in mine.groupby("task", sort=False).lag.unique().items()
    ]
    return Advice(model, lag, problems, ranking(data, model, problems))


def ranking(data: Benchmark, model: str, problems: list[tuple[str, int]]) -> pd.DataFrame:
    """Rank the mitigations that were run with a model on some tasks and lags, best first.

    Ordered by the lower bound of the success rate, then by fewer steps, the higher score and less time; controls follow without a rank.

    rank, mitigation, role
    n_problems          of the tasks it was run on
    n_solved, n_trials, success_rate, success_low, success_high   evaluation trials, with Wilson's interval
    tied                whether that interval overlaps the one of the first rank, so that the trials do not tell the two apart
    steps_to_solved     step by which half of the trials have solved the task; missing where fewer do
    seconds, score      median of a trial
    learning_rates      those that tuning chose, one a task
    cause, n_cause      the most frequent first event of the trials that were not solved
    inert               what of the mitigation never acted in any of these trials
    no_gradient         whether no gradient comes from the information's step, on any of these tasks
    """
    mine = data.evaluated[data.evaluated.model == model].merge(pd.DataFrame(problems, columns=["task", "lag"]), on=["task", "lag"])
    notes = data.conditions[(data.conditions.note != "") & (data.conditions.n_trials > 0)]
    cut = set(zip(notes.task, notes.lag, notes.model, notes.mitigation, strict=True))
    rows: list[dict[str, Any]] = []
    for mitigation, trials in mine.groupby("mitigation", sort=False):
        rows.append(
            {
                "mitigation": mitigation,
                "role": role(model, str(mitigation)),
                "n_problems": len(trials[["task", "lag"]].drop_duplicates()),
                **success(trials),
                "steps_to_solved": half_solved(trials.solved_at),
                "seconds": float(trials.seconds.median()),
                "learning_rates": list(dict.fromkeys(float(rate) for rate in trials.learning_rate.dropna())),
                "score": float(trials.score.median()),
                **first_event(trials[trials.diagnosis != "solved"]),
                "inert": trials.inert.iloc[0] if (trials.inert != "").all() else "",
                "no_gradient": any((name, lag, model, mitigation) in cut for name, lag in problems),
            }
        )
    table = pd.DataFrame(rows, columns=RANKING)
    order = {"last": table.role == CONTROL, "low": -table.success_low, "steps": table.steps_to_solved.fillna(inf), "score": -table.score, "time": table.seconds}
    table = table.loc[pd.DataFrame(order).sort_values(list(order), kind="stable").index].reset_index(drop=True)
    ranked = table.role != CONTROL
    table["rank"] = ranked.cumsum().where(ranked).astype("Int64")
    table["tied"] = ranked & (table.success_high >= table.success_low.iloc[0]) & (table.index > 0) if len(table) else False
    return table


def half_solved(solved_at: pd.Series) -> float:
    """The step by which half of the trials, whatever their budgets, have solved their task; NaN where fewer than half do."""
    steps = np.sort(solved_at.astype("Float64").fillna(inf).to_numpy(dtype=float))
    middle = steps[ceil(len(steps) / 2) - 1] if len(steps) else inf
    return float(middle) if np.isfinite(middle) else np.nan


def snippet(data: Benchmark, model: str, mitigation: str, task: str, lag: int) -> str:
    """Keras code of a condition at the rate that tuning chose; empty where it was not run, and for controls."""
    rows = data.conditions
    chosen = rows[(rows.task == task) & (rows.lag == lag) & (rows.model == model) & (rows.mitigation == mitigation) & rows.learning_rate.notna()]
    return keras_code(data.plan, chosen.iloc[0], float(chosen.learning_rate.iloc[0])) if len(chosen) else ""
