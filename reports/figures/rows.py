"""Which rows of a benchmark's tables the figures use, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.tables.conditions import KEY
from unvanish.suite.experiment.roles import is_control_mitigation, of_control_models


def ordered(table: pd.DataFrame, data: Benchmark, by: Sequence[str] = KEY) -> pd.DataFrame:
    """The rows by those of task, lag, model and mitigation that the table has, in the order of the profile, controls last."""
    profile = data.plan.profile
    names = {
        "task": [entry.task for entry in data.plan.tasks],
        "model": profile.models,
        "mitigation": sorted(profile.mitigations, key=is_control_mitigation),
    }
    places = {column: {name: place for place, name in enumerate(dict.fromkeys(values))} for column, values in names.items()}

    def place(values: pd.Series) -> pd.Series:
        return values.map(places[values.name]) if values.name in places else values

    return table.sort_values([column for column in by if column in table], key=place, kind="stable", ignore_index=True)


def with_state(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that have a state; one without is a control, the same whatever the mitigation."""
    return table[~of_control_models(table)]
