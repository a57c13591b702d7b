"""The names of models as pages and tables show them: what sees the whole sequence says so beside its name."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.experiment.plan_record import SEES_FUTURE


def with_shown_names(data: Benchmark) -> Benchmark:
    """Return the benchmark with the models by the names that are shown, in its plan and tables; they stay as they are where all models are causal."""
    plan = data.plan
    if not plan.not_causal:
        return data

    def renamed(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(model=table.model.map(plan.shown_name))

    shown = plan.model_copy(
        update={
            "profile": plan.profile.model_copy(update={"models": list(map(plan.shown_name, plan.profile.models))}),
            "conditions": [entry.model_copy(update={"model": plan.shown_name(entry.model)}) for entry in plan.conditions],
            "not_applicable": [entry.model_copy(update={"model": plan.shown_name(entry.model)}) for entry in plan.not_applicable],
            "not_causal": [],
        }
    )
    names = {model: plan.shown_name(model) for model in plan.not_causal}
    recorded = [replace(answer, model=plan.shown_name(answer.model)) for answer in data.recorded]
    return replace(
        data,
        plan=shown,
        trials=renamed(data.trials),
        long_tables=data.long_tables.with_shown_models(names),
        step_costs=renamed(data.step_costs),
        recorded=recorded,
    )


def name_to_type(shown: str) -> str:
    """Return the name of a model as commands take it."""
    return shown.removesuffix(SEES_FUTURE)
