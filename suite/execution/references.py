"""Reference predictors of scikit-learn on workers that have no cohort to train any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from distributed import Client

from unvanish.suite.execution import late_calls
from unvanish.suite.execution.late_calls import LateCall
from unvanish.suite.execution.presence import WORKER_TIMEOUT, Presence
from unvanish.suite.execution.worker import FittedReferences, fit_references
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.references import ReferenceResult
from unvanish.tasks import Task


def start_references(cohorts: Sequence[Cohort], client: Client) -> dict[Task, LateCall]:
    """Reference predictors of every task and lag of these cohorts."""
    budgets = {cohort.task: cohort.budget for cohort in cohorts}
    return {task: late_calls.start(client, f"the reference predictors of {label(task)}", fit_references, task, budget) for task, budget in budgets.items()}


def label(task: Task) -> str:
    """Name a task at a lag."""
    return f"{task.name} lag {task.lag}"


def collect_references(
    fits: dict[Task, LateCall], client: Client, on_message: Callable[[str], None], limit: float | None = None, worker_limit: float = WORKER_TIMEOUT
) -> tuple[list[ReferenceResult], float]:
    """Wait for them; the results, and the seconds of the workers' time that they took. Why others could not be had is a message.

    Those of a task that take longer than `limit` seconds are given up. Raises `UsageError` where the scheduler is gone, or there has been no
    worker for `worker_limit` seconds.
    """
    found, spent, presence = list[ReferenceResult](), 0.0, Presence(client, worker_limit)
    with presence.needed():
        for task, fit in fits.items():
            fitted: FittedReferences | None = late_calls.told(fit, "run", presence, on_message, limit)
            if fitted is not None:
                found, spent = [*found, *fitted.results], spent + fitted.seconds
                for name, reason in fitted.failures.items():
                    on_message(f"the reference predictor {name} could not be run on {label(task)}: {reason}")
    return found, spent
