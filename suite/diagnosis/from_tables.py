"""Trials judged anew from the tables that were tracked: a better rule needs no training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis.judge import judge
from unvanish.suite.experiment.plan import Budget, Condition
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.experiment.trial import GRADIENTS, Curve, Probes, TrainedTrial, Trial
from unvanish.suite.mitigations import find
from unvanish.suite.tables.frames import CURVE_COLUMNS, JUDGEMENT, KEY, judgement
from unvanish.tasks.errors import UsageError

RULES_VERSION = "1"  # of the rules and thresholds that judge a trial, raised by hand when one changes: what older ones judged is then judged again


def judged_anew(plan: PlanRecord, trials: pd.DataFrame, curves: pd.DataFrame, probes: pd.DataFrame, gradients: pd.DataFrame) -> pd.DataFrame:
    """The table of trials with the diagnoses that the rules of today make of what was measured.

    Trials that failed to run, and those of a plug-in that this process does not know, stay as they are.
    """
    named = {"curves": curves, "probes": probes, "gradients": gradients}
    tables = {name: dict(list(table.groupby(KEY, sort=False, dropna=False))) for name, table in named.items()}
    new = trials.copy()
    for place, row in trials.iterrows():
        key = tuple(row[name] for name in KEY)
        if row.status != "finished" or key not in tables["curves"]:
            continue
        try:
            trained = observed(plan, row, *(tables[name].get(key) for name in ("curves", "probes", "gradients")))
        except UsageError:
            continue
        for column, value in judgement(judge(trained)).items():
            new.at[place, column] = value
    return new.astype(trials.dtypes[JUDGEMENT].to_dict())


def observed(plan: PlanRecord, row: pd.Series, curve: pd.DataFrame, figures: pd.DataFrame | None, gradients: pd.DataFrame | None) -> TrainedTrial:
    """What was measured of a trial, from its rows; raises `UsageError` for a task, model or mitigation that does not exist here."""
    diverged_at = None if pd.isna(row.diverged_at) else int(row.diverged_at)
    return TrainedTrial(
        trial=Trial(condition_of(plan, row), row.phase, row.learning_rate, int(row.seed)),
        loss=row.loss,
        metric=row.metric_value,
        diverged_at=diverged_at,
        max_gradient_norm=row.max_gradient_norm,
        clipped_share=row.clipped_share,
        parameters=int(row.parameters),
        seconds=row.seconds,
        curve=Curve(step=curve.step.to_numpy(), **{name: curve[column].to_numpy(float) for name, column in CURVE_COLUMNS.items()}),
        probes=probes_of(figures, gradients),
        weights={},
    )


def probes_of(figures: pd.DataFrame | None, gradients: pd.DataFrame | None) -> Probes:
    """From the rows of a trial in the tables of probes and of gradients."""
    steps = np.array(sorted({*(figures.step if figures is not None else ()), *(gradients.step if gradients is not None else ())}), dtype=np.int64)
    measured = {} if figures is None else dict(list(figures[figures.steps_back.isna()].groupby("probe")))
    by_step = {}
    if gradients is not None:
        ordered = gradients.sort_values(["step", "steps_back"])
        by_step = {name: ordered[name].to_numpy(float).reshape(len(steps), -1) for name in GRADIENTS if ordered[name].notna().any()}
    return Probes(steps, {name: rows.sort_values("step").value.to_numpy(float) for name, rows in measured.items()}, by_step)


def condition_of(plan: PlanRecord, row: pd.Series) -> Condition:
    """The condition of a trial, from the plan it was trained by."""
    profile, parameters = plan.profile, plan.task(row.task, row.lag).parameters
    sizes = profile.model_dump(include={"batch_size", "evaluate_every", "validation_sequences", "test_sequences", "probe_sequences"})
    tuning, evaluation = (tuple(getattr(profile, name)) for name in ("tuning_seeds", "evaluation_seeds"))
    budget = Budget(hidden_size=int(row.hidden_size), steps=int(row.steps), tuning_seeds=tuning, evaluation_seeds=evaluation, **sizes)
    mitigations = find(row.mitigation, profile.mitigation)
    return Condition(make_task(row.task, int(row.lag), parameters), row.model, mitigations, (row.learning_rate,), budget)
