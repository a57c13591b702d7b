"""The one object that statistics, figures and sections see: a benchmark's plan and tables, and what is computed from them once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from unvanish.reports.tables import claims, conditions, overall
from unvanish.reports.tables import truncation_vs_frozen as untrained


@dataclass(frozen=True, eq=False)
class Dataset:
    """A benchmark as it was planned, tracked and measured.

    plan        what was planned: the content of plan.json
    context     where and when it ran: versions, command, commit
    metrics     of the benchmark's run: where its time went
    trials, curves, probes, gradients, references   tables with the columns of suite/tables/frames.py

    The tables computed from these are computed when they are first asked for, and kept.
    """

    plan: dict[str, Any]
    context: dict[str, str]
    metrics: dict[str, float]
    trials: pd.DataFrame
    curves: pd.DataFrame
    probes: pd.DataFrame
    gradients: pd.DataFrame
    references: pd.DataFrame

    @cached_property
    def evaluated(self) -> pd.DataFrame:
        """The evaluation trials, of which results are reported."""
        return self.trials[self.trials.phase == "evaluate"]

    @cached_property
    def tuned(self) -> pd.DataFrame:
        """The tuning trials, by which learning rates were chosen."""
        return self.trials[self.trials.phase == "tune"]

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """One row a condition, see `unvanish.reports.tables.conditions.conditions`."""
        return conditions.conditions(self.plan, self.trials)

    @cached_property
    def overall(self) -> pd.DataFrame:
        """One row a model and mitigation over all tasks and lags, see `unvanish.reports.tables.overall.overall`."""
        return overall.overall(self.plan, self.trials)

    @cached_property
    def horizons(self) -> pd.DataFrame:
        """One row a task, model and mitigation: its memory horizon, see `unvanish.reports.tables.overall.horizons`."""
        return overall.horizons(self.conditions)

    @cached_property
    def longest_lags(self) -> pd.DataFrame:
        """One row a model and mitigation at the longest lags, see `unvanish.reports.tables.overall.longest_lags`."""
        return overall.longest_lags(self.plan, self.trials)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """One row a claim of the source document with its verdict, see `unvanish.reports.tables.claims.claims`."""
        return claims.claims(self.plan, self.trials, self.references)

    @cached_property
    def untrained(self) -> pd.DataFrame:
        """Truncation shorter than the lag against a state that is never trained, see `unvanish.reports.tables.truncation_vs_frozen.against_frozen`."""
        return untrained.against_frozen(self.plan, self.trials)
