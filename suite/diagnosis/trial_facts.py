"""The facts of a trial that rules need beside what was measured while it trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import pandas as pd

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.experiment.trial import TrainedTrial
from unvanish.suite.mitigations import Combination, find
from unvanish.suite.models import MODELS
from unvanish.tasks import Task


@dataclass(frozen=True)
class TrialFacts:
    """The task, the recipe, and how the trial ended.

    memoryless      whether the model has no state
    steps           the budget
    loss, metric    at the end; not a number if it diverged
    diverged_at     the step at which loss, gradient or weights were not finite; None where they always were
    clipped_share   of the steps
    """

    task: Task
    memoryless: bool
    mitigations: Combination
    steps: int
    loss: float
    metric: float
    diverged_at: int | None
    clipped_share: float

    @cached_property
    def max_backprop_steps(self) -> int | None:
        """Return how many steps back a gradient goes at most; None where that is not limited."""
        return self.mitigations.max_backprop_steps(self.task)


def facts_of(trained: TrainedTrial) -> TrialFacts:
    """Those of a trial that has just been trained."""
    condition = trained.trial.condition
    memoryless = MODELS[condition.model].memoryless
    end = (trained.loss, trained.metric, trained.diverged_at, trained.clipped_share)
    return TrialFacts(condition.task, memoryless, condition.mitigations, condition.budget.steps, *end)


def stored_facts(plan: PlanRecord) -> Callable[[Any], TrialFacts]:
    """Return a function of a row of the table of trials of a benchmark with this plan; each task and combination is made once.

    The function raises `UsageError` for a task, model or mitigation that does not exist here.
    """
    make = cache(lambda task, lag: make_task(task, lag, plan.task(task, lag).parameters))
    combine = cache(lambda mitigation: find(mitigation, plan.profile.mitigation))

    def facts(row: Any) -> TrialFacts:
        diverged_at = None if pd.isna(row.diverged_at) else int(row.diverged_at)
        end = (row.loss, row.metric_value, diverged_at, row.clipped_share)
        return TrialFacts(make(row.task, row.lag), MODELS[row.model].memoryless, combine(row.mitigation), int(row.steps), *end)

    return facts
