"""What a benchmark measured for the cures that `unvanish explain` works through: how many trials each solves at short and at long lags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from unvanish.reports.statistics.success import ran, success
from unvanish.suite.experiment.plan_record import PlanRecord


@dataclass(frozen=True)
class MeasuredCure:
    """Evaluation trials of a cure over all tasks: `success` of those at the shortest lag of each task and of those at the longest."""

    name: str
    shortest: dict[str, Any]
    longest: dict[str, Any]


def lag_ranges(plan: PlanRecord) -> dict[str, tuple[int, int]]:
    """Return the shortest and the longest lag of each task."""
    lags = plan.conditions_table.groupby("task", sort=False).lag
    return {task: (int(low), int(high)) for task, low, high in zip(lags.min().index, lags.min(), lags.max(), strict=True)}


def measured_cures(names: Sequence[str], models: Sequence[str], plan: PlanRecord, evaluated: pd.DataFrame) -> list[MeasuredCure]:
    """Return the cures that were measured on every task; a name of `models` is that model without a mitigation, any other a mitigation of `rnn`."""
    ranges = lag_ranges(plan)
    found = []
    for name in names:
        model, mitigation = (name, "none") if name in models else ("rnn", name)
        mine = evaluated[(evaluated.model == model) & (evaluated.mitigation == mitigation)]
        shortest, longest = (mine[mine.lag == mine.task.map({task: lags[end] for task, lags in ranges.items()})] for end in (0, 1))
        if all(set(ran(part).task) == set(ranges) for part in (shortest, longest)):
            found.append(MeasuredCure(name, success(shortest), success(longest)))
    return found
