"""The record of a benchmark: its plan and tables, and what is computed from them once. Tracking returns it; tables, figures and pages read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from unvanish.reports.tables import claims, conditions, overall, truncation_vs_frozen
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.models import Weights
from unvanish.suite.recorded import RecordedAnswer
from unvanish.suite.tables.long_tables import LongTables
from unvanish.suite.tables.schema import STEP_COSTS, empty
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    from unvanish.suite.export.trained_network import TrainedNetwork


@dataclass(frozen=True)
class TrackingPages:
    """The pages of a tracking server that can be opened in a browser.

    views   title and address of each view of the results
    trials  the address of the run of an evaluation trial, without its id
    """

    views: tuple[tuple[str, str], ...]
    trials: str

    def run_url(self, run_id: str) -> str:
        """Return the address of the run of an evaluation trial, by its id in the column run_id of the trials."""
        return f"{self.trials}{run_id}"


@dataclass(frozen=True, eq=False)
class Benchmark:
    """A benchmark as it was planned, tracked and measured.

    plan        what was planned: its profile, tasks and conditions
    context     where and when it ran: versions, command, commit
    times       seconds by part of the work, see `unvanish.suite.execution.timing`
    trials      one row a trial
    long_tables one row a trial and evaluation, or trial, probe and step back: see `curves`, `probes` and `gradients`
    references  one row a reference predictor
    step_costs  one row a condition whose training step was timed alone
    pages       where its runs can be opened in a browser; None where it is not tracked by a server
    uri, run_id   the address of its store and its run there; empty for the results that ship with unvanish
    n_failed    trials, of those that the last `run` was asked for, that could not be run to their end; they count neither for nor against anything
    recorded      the answer on each recorded task and lag, measured when the run ended
    read_trained  reads an evaluation trial from the store; see `network`

    The tables are pandas frames; `columns.md` beside a report says what every column means, and its unit. Those of curves, probes and gradients are
    loaded, and the tables that are computed from others are computed, at their first use.
    """

    plan: PlanRecord = field(repr=False)
    context: dict[str, str]
    times: dict[str, float] = field(repr=False)
    trials: pd.DataFrame = field(repr=False)
    long_tables: LongTables = field(repr=False)
    references: pd.DataFrame = field(repr=False)
    step_costs: pd.DataFrame = field(default_factory=lambda: empty(STEP_COSTS), repr=False)
    uri: str = field(default="", repr=False)  # it may hold a password
    run_id: str = ""
    n_failed: int = 0
    pages: TrackingPages | None = None
    recorded: Sequence[RecordedAnswer] = ()
    read_trained: Callable[[str], tuple[dict[str, str], PlanRecord, Weights]] | None = field(default=None, repr=False)

    def network(self, run_id: str) -> TrainedNetwork:
        """Return the trained network of an evaluation trial, by its `run_id` or the first characters of it.

        >>> network = unvanish.load("results").network("3f9a")
        >>> network.predict(inputs)  # [sequence, time, input] -> [sequence, loss step, output]

        Raises `UsageError` where there is no such trial, more than one, or no weights of it.
        """
        if self.read_trained is None:
            raise UsageError("the results that ship with unvanish have no trained networks; run the profile, and load what it has written")
        from unvanish.suite.export.trained_network import trained_network

        return trained_network(*self.read_trained(run_id))

    @cached_property
    def evaluated(self) -> pd.DataFrame:
        """The evaluation trials, of which results are reported."""
        return self.trials[self.trials.phase == "evaluate"]

    @cached_property
    def tuned(self) -> pd.DataFrame:
        """The tuning trials, by which learning rates were chosen."""
        return self.trials[self.trials.phase == "tune"]

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row a trial and evaluation."""
        return self.long_tables.rows("curves")

    @cached_property
    def probes(self) -> pd.DataFrame:
        """One row a trial, probe and step back."""
        return self.long_tables.rows("probes")

    @cached_property
    def gradients(self) -> pd.DataFrame:
        """One row a trial, probe and step back."""
        return self.long_tables.rows("gradients")

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
        return claims.claims(self.plan, self.conditions, self.trials, self.references)

    @cached_property
    def truncation_vs_frozen(self) -> pd.DataFrame:
        """Truncation shorter than the lag against a state that is never trained, see `unvanish.reports.tables.truncation_vs_frozen.against_frozen`."""
        return truncation_vs_frozen.against_frozen(self.plan, self.trials)
