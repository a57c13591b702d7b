"""The rows of a benchmark's tables that figures use, and their order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.tables.conditions import KEY
from unvanish.suite.experiment.roles import is_control_mitigation, is_of_control_model


def ordered(table: pd.DataFrame, data: Benchmark, by: Sequence[str] = KEY) -> pd.DataFrame:
    """Return the rows by those of task, lag, model and mitigation that the table has, in the order of the profile, controls last.

    The mitigations become a categorical column, whose categories are all of the profile: so that each has the same colour in every figure.
    """
    profile = data.plan.profile
    names = {
        "task": [entry.task for entry in data.plan.tasks],
        "model": profile.models,
        "mitigation": sorted(profile.mitigations, key=is_control_mitigation),
    }
    ranks = {column: {name: rank for rank, name in enumerate(dict.fromkeys(values))} for column, values in names.items()}

    def rank(values: pd.Series) -> pd.Series:
        return values.map(ranks[values.name]) if values.name in ranks else values

    rows = table.sort_values([column for column in by if column in table], key=rank, kind="stable", ignore_index=True)
    if "mitigation" in rows:
        rows["mitigation"] = pd.Categorical(rows.mitigation, list(dict.fromkeys([*names["mitigation"], *rows.mitigation])))
    return rows


def with_state(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of models that have a state; one without is a control, the same whatever the mitigation."""
    return table[~is_of_control_model(table)]
