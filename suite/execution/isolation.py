"""Trains a cohort so that a mitigation that fails costs its own conditions alone: the others are trained again without it.

The programs of a cohort hold the hooks of all its mitigations, so one that raises would end all of them. What a trial computes does not depend on
the mitigations of others: those that are trained again are equal to the bit to what they are beside a mitigation that works.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from unvanish.suite.execution.checkpoints.checkpoint import Checkpointer
from unvanish.suite.execution.failures import (
    failed_results,
    mitigations_at_fault,
    plugin_mitigations,
    reason_of,
    split_by_plugins,
    without_mitigations,
)
from unvanish.suite.execution.protocol import OnBlock, OnWarning, run_cohort
from unvanish.suite.experiment.plan import Cohort

if TYPE_CHECKING:
    from unvanish.suite.experiment.trial import Result


@dataclass
class ProgressBeyond:
    """Passes on the progress of work that may be begun again: only what goes beyond the furthest that was reached before.

    trials   known trials of parts of the cohort that have ended
    """

    on_block: OnBlock
    furthest: int = 0
    done: int = 0
    trials: int = 0

    def begin(self, done: int, trials: int) -> None:
        """Begin a part of the work, after so many trial-steps and trials of other parts."""
        self.done, self.trials = done, trials

    def __call__(self, trial_steps: int, trials: int) -> None:
        self.done += trial_steps
        self.on_block(max(self.done - self.furthest, 0), trials=self.trials + trials)
        self.furthest = max(self.done, self.furthest)


@dataclass
class Outcome:
    """The results of a cohort, seconds by part, and why some of its conditions could not be run."""

    results: list[Result] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def run_apart(cohort: Cohort, on_block: OnBlock, on_warning: OnWarning, checkpointer: Checkpointer | None = None) -> Outcome:
    """Run the whole protocol of a cohort like `run_cohort`; conditions that cannot be run are failed results, by condition in the order of the plan.

    A checkpoint is of one attempt: one of the cohort without what failed is used by that attempt alone, after the others have failed again.
    """
    outcome = Outcome()
    train(cohort, outcome, ProgressBeyond(on_block), on_warning, checkpointer)
    order = [condition.mitigation for condition in cohort.conditions]
    outcome.results.sort(key=lambda result: order.index(result.trial.condition.mitigation))
    outcome.failures = list(dict.fromkeys(outcome.failures))
    return outcome


def train(cohort: Cohort, outcome: Outcome, progress: ProgressBeyond, on_warning: OnWarning, checkpointer: Checkpointer | None) -> bool:
    """Add the results of a cohort to an outcome; return whether any of its conditions was run."""
    while cohort.conditions:
        finished = [result for result in outcome.results if result.status == "finished"]
        progress.begin(len(finished) * cohort.budget.steps, len(finished))
        try:
            results, seconds = run_cohort(cohort, progress, on_warning, checkpointer)
        except Exception as error:  # whatever a trial raises must become a row, not a gap
            reason = reason_of(error)
            fault = mitigations_at_fault(error, cohort)
        else:
            outcome.results += results
            outcome.seconds.update(seconds)
            return True
        outcome.failures.append(reason)
        if not fault:
            return train_parts(cohort, reason, outcome, progress, on_warning, checkpointer)
        cohort, failing = without_mitigations(cohort, fault)
        outcome.results += failed_results(failing, reason)
    return False


def train_parts(cohort: Cohort, reason: str, outcome: Outcome, progress: ProgressBeyond, on_warning: OnWarning, checkpointer: Checkpointer | None) -> bool:
    """Train a cohort that failed for a reason that is not known to come from a mitigation: without those of plug-ins, then with each of them.

    Where that is what was tried, its conditions fail; where it fails without them too, so do all others, since it was not for them.
    """
    parts = split_by_plugins(cohort)
    if parts == [cohort]:
        outcome.results += failed_results(cohort.conditions, reason)
        return False
    outcome.failures.remove(reason)
    any_ran, blamed = False, True
    for part in parts:
        if blamed:
            ran = train(part, outcome, progress, on_warning, checkpointer)
            any_ran, blamed = any_ran or ran, ran or bool(plugin_mitigations(part.conditions[0].mitigations))
        else:
            outcome.results += failed_results(part.conditions, reason)
    return any_ran
