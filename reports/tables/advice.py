"""Cures ranked for a model at a lag and a kind of task, by what a finished benchmark measured nearest to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import ceil, inf, log
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from unvanish.reports.statistics.success import ran, success
from unvanish.reports.tables.conditions import first_event
from unvanish.reports.tables.failures import reasons
from unvanish.suite.diagnosis.rules.weak import FIRST_TO_TRY
from unvanish.suite.experiment.plan_record import PlannedTask
from unvanish.suite.experiment.roles import CONTROL, is_control_model, role
from unvanish.suite.experiment.tuning import CAP
from unvanish.suite.export.keras_code import keras_code
from unvanish.tasks.errors import UsageError, unknown_name
from unvanish.tasks.metrics import METRICS

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

RANKING = [
    "rank",
    "mitigation",
    "role",
    "n_problems",
    "n_solved",
    "n_trials",
    "n_failed",
    "success_rate",
    "success_low",
    "success_high",
    "tied",
    "steps_to_solved",
    "seconds",
    "rates",
    "score",
    "cause",
    "n_cause",
    "inert",
    "no_gradient",
    "failure",
]
NEAR = 2.0  # a measured lag is near another up to this factor, in either direction
Kind = Literal["classification", "regression"]
AT_CAP = "as many rates were tried as the profile allows: a further one may be better"  # what the star of a rate says
VALLEY = "in parentheses the rates around the chosen one at which every tuning trial solved the task"


@dataclass(frozen=True)
class Rate:
    """The learning rate that tuning chose for a mitigation on a task; what is missing is None.

    highest_rate             the highest that was tried
    solved_from, solved_to   the rates around the chosen one at which every tuning trial solved the task; None where one at the chosen rate did not
    search_stopped           of `unvanish.suite.experiment.tuning.STOPPED` why no further one was tried
    """

    task: str
    lag: int
    learning_rate: float | None
    highest_rate: float | None
    solved_from: float | None
    solved_to: float | None
    search_stopped: str | None

    @property
    def at_cap(self) -> bool:
        """Return whether as many rates were tried as the profile allows, so that a further one may be better."""
        return self.search_stopped == CAP

    @property
    def number(self) -> str:
        """The chosen rate as text, a dash where there is none."""
        return "-" if self.learning_rate is None else f"{self.learning_rate:g}"

    @property
    def valley(self) -> str:
        """`(0.04 to 1)`, the rates at which every tuning trial solved; empty where one at the chosen rate did not."""
        if self.solved_from is None or self.solved_to is None:
            return ""
        return "(alone)" if self.solved_from == self.solved_to else f"({self.solved_from:g} to {self.solved_to:g})"

    def text(self, separator: str = " ") -> str:
        """`0.2 (0.04 to 1)`; with a star, `1* (0.2 to 1)`, where the search stopped at its cap. The separator is put where a line may be broken."""
        return separator.join(filter(None, [self.number + "*" * self.at_cap, self.valley.replace(" ", separator, 1)]))


@dataclass(frozen=True, eq=False)
class Advice:
    """The ranked answer for a model at a lag.

    lag         as it was given
    problems    tasks and lags it is answered from, the nearest first: of each task the lag nearest to it, by their ratio; of two equally near the longer
    left_out    those of other tasks that are not near, where some are
    ranking     a row a mitigation, best first, with the columns of `ranking`
    """

    model: str
    lag: int
    problems: list[tuple[str, int]]
    left_out: list[tuple[str, int]]
    ranking: pd.DataFrame

    @property
    def exact(self) -> bool:
        """Return whether every task was run at the given lag."""
        return all(lag == self.lag for _, lag in self.problems)

    @property
    def near(self) -> bool:
        """Return whether it is answered from lags that are near the given one, up to a factor of `NEAR`."""
        return all(distance(lag, self.lag) <= NEAR for _, lag in self.problems)

    @property
    def best(self) -> pd.Series | None:
        """The first of the ranking; None where nothing solved a single trial, since then nothing is advised."""
        ranked = self.ranking[self.ranking["rank"].notna()]
        return ranked.iloc[0] if len(ranked) else None


def distance(lag: int, other: int) -> float:
    """Return the ratio of the longer of two lags to the shorter, at least 1; a lag of 0 counts as 1."""
    return max(lag, other, 1) / max(min(lag, other), 1)


def kind_of(task: PlannedTask) -> Kind:
    """Return the kind of a planned task: by its metric or, of a metric that is not known here, a regression where less is better."""
    if task.metric in METRICS.names:
        return METRICS[task.metric].kind
    return "classification" if task.better == "higher" else "regression"


def advise(data: Benchmark, model: str, lag: int, task: str | None = None, kind: Kind | None = None) -> Advice:
    """The ranking for a model at the lag nearest to `lag`, on one task, on those of a kind, or on all.

    Raises `UsageError` for what the benchmark does not hold.
    """
    planned = data.plan.conditions_table
    models = [name for name in dict.fromkeys(planned.model) if not is_control_model(name)]
    if model not in models:
        raise unknown_name("recurrent model in this benchmark,", model, models)
    if task is not None and task not in set(planned.task):
        raise unknown_name("task in this benchmark,", task, dict.fromkeys(planned.task))
    if lag < 0:
        raise UsageError(f"the lag is {lag}; give a whole number of at least 0")
    of_kind = [entry.task for entry in data.plan.tasks if kind in (None, kind_of(entry))]
    evaluated = data.evaluated[(data.evaluated.model == model) & data.evaluated.task.isin([task] if task else of_kind)]
    mine = evaluated[evaluated.task.isin(of_kind)]
    if mine.empty:
        kinds = list(dict.fromkeys(kind_of(entry) for entry in data.plan.tasks))
        if kind is not None and kind not in kinds:
            raise UsageError(f"this benchmark has no task of the kind {kind}; its tasks are of the kind {' and '.join(kinds)}")
        where = f" on {task}" if task else f" on a task of the kind {kind}" if kind else ""
        command = data.context.get("command", "unvanish run")
        raise UsageError(f"no trial of {model}{where} has been run yet; go on with the benchmark: {command}")
    problems = [
        (str(name), int(min(lags, key=lambda here: (abs(log(max(here, 1) / max(lag, 1))), here != lag, -here))))
        for name, lags in mine.groupby("task", sort=False).lag.unique().items()
    ]
    problems.sort(key=lambda problem: distance(problem[1], lag))
    used = [problem for problem in problems if distance(problem[1], lag) <= NEAR] or problems
    return Advice(model, lag, used, [problem for problem in problems if problem not in used], ranking(data, model, used))


def ranking(data: Benchmark, model: str, problems: list[tuple[str, int]]) -> pd.DataFrame:
    """Rank the mitigations that were run with a model on some tasks and lags, best first.

    Ordered by the lower bound of the success rate, then by fewer steps, the higher score and less time; controls follow without a rank, then what could
    not be run. A rank is one more than the number of mitigations that are told apart as better, by intervals that do not
    overlap, so that equals have the same one; what solved no trial has none. All is of the trials that were run to
    their end, but for n_failed, the others, and `failure`, why they failed.

    rank, mitigation, role
    n_problems          of the tasks it was run on
    n_solved, n_trials, success_rate, success_low, success_high   evaluation trials, with Wilson's interval
    tied                whether that interval overlaps the one of the first rank, so that the trials do not tell the two apart
    steps_to_solved     step by which half of the trials have solved the task; missing where fewer do
    seconds, score      median of a trial
    rates               what tuning chose, a `Rate` a task
    cause, n_cause      the most frequent first event of the trials that were not solved
    inert               what of the mitigation never acted in any of these trials
    no_gradient         whether no gradient comes from the information's step, on any of these tasks
    """
    here = pd.DataFrame(problems, columns=["task", "lag"])
    mine = data.evaluated[data.evaluated.model == model].merge(here, on=["task", "lag"])
    conditions = here.merge(data.conditions[(data.conditions.model == model) & (data.conditions.n_trials + data.conditions.n_failed > 0)], on=["task", "lag"])
    rows: list[dict[str, Any]] = []
    for mitigation, trials in mine.groupby("mitigation", sort=False):
        counts, failure, trials = success(trials), reasons(trials), ran(trials)
        its_conditions = conditions[conditions.mitigation == mitigation]
        rows.append(
            {
                "mitigation": mitigation,
                "role": role(model, str(mitigation)),
                "n_problems": len(trials[["task", "lag"]].drop_duplicates()),
                **counts,
                "failure": failure,
                "steps_to_solved": half_solved(trials.solved_at),
                "seconds": float(trials.seconds.median()),
                "rates": chosen_rates(its_conditions),
                "score": float(trials.score.median()),
                **first_event(trials[trials.diagnosis != "solved"]),
                "inert": trials.inert.iloc[0] if len(trials) and (trials.inert != "").all() else "",
                "no_gradient": bool((its_conditions.note != "").any()),
            }
        )
    table = pd.DataFrame(rows, columns=RANKING)
    order = {
        "failed": table.n_trials == 0,
        "last": table.role == CONTROL,
        "low": -table.success_low,
        "steps": table.steps_to_solved.fillna(inf),
        "score": -table.score,
        "time": table.seconds,
    }
    table = table.loc[pd.DataFrame(order).sort_values(list(order), kind="stable").index].reset_index(drop=True)
    ranked = (table.role != CONTROL) & (table.n_solved > 0)
    better = [int((table.success_low[ranked] > high).sum()) for high in table.success_high]
    table["rank"] = pd.Series(better, index=table.index, dtype="Int64").where(ranked) + 1
    table["tied"] = ranked & (table.success_high >= table.success_low.iloc[0]) & (table.index > 0) if len(table) else False
    return table


def chosen_rates(conditions: pd.DataFrame) -> list[Rate]:
    """Return the learning rates that tuning chose, one a row of the table of conditions."""
    names = [field.name for field in fields(Rate)]
    rows: list[dict[str, Any]] = [
        {name: None if value == "" or value != value else value for name, value in zip(names, row, strict=True)}
        for row in zip(*(conditions[name].tolist() for name in names), strict=True)
    ]
    return [Rate(**row) for row in rows]


def explained(ranking: pd.DataFrame) -> list[str]:
    """Return what a reader of a ranking's rates and causes must know, a sentence each, none for what is not in it."""
    rates = [rate for rates in ranking.rates for rate in rates]
    sentences = [f"rate: {VALLEY}"] if any(rate.valley for rate in rates) else []
    sentences += [f"* {AT_CAP}"] if any(rate.at_cap for rate in rates) else []
    return sentences + ([f"weak: {FIRST_TO_TRY}"] if (ranking.cause == "weak").any() else [])


def tried_up_to(cause: str, rates: list[Rate]) -> str:
    """Return what follows the count of a cause, `, rates up to 5 tried`, where a larger rate is what to try first; empty for other causes."""
    tried = [rate.highest_rate for rate in rates if rate.highest_rate is not None]
    return f", rates up to {max(tried):g} tried" if cause == "weak" and tried else ""


def half_solved(solved_at: pd.Series) -> float:
    """The step by which half of the trials, whatever their budgets, have solved their task; NaN where fewer than half do."""
    steps = np.sort(solved_at.astype("Float64").fillna(inf).to_numpy(dtype=float))
    middle = steps[ceil(len(steps) / 2) - 1] if len(steps) else inf
    return float(middle) if np.isfinite(middle) else np.nan


def nearest_solved(data: Benchmark, advice: Advice) -> tuple[str, int] | None:
    """Return the task and lag nearest to what was given at which the best cure solved a trial; None where there is no best."""
    if advice.best is None:
        return None
    mine = data.conditions[(data.conditions.model == advice.model) & (data.conditions.mitigation == advice.best.mitigation) & (data.conditions.n_solved > 0)]
    return next((problem for problem in advice.problems if ((mine.task == problem[0]) & (mine.lag == problem[1])).any()), None)


def snippet(data: Benchmark, model: str, mitigation: str, task: str, lag: int) -> str:
    """Keras code of a condition at the rate that tuning chose; empty where it was not run, and for controls."""
    rows = data.conditions
    chosen = rows[(rows.task == task) & (rows.lag == lag) & (rows.model == model) & (rows.mitigation == mitigation) & rows.learning_rate.notna()]
    return keras_code(data.plan, chosen.iloc[0], float(chosen.learning_rate.iloc[0])) if len(chosen) else ""
