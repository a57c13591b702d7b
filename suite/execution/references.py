"""Reference predictors of scikit-learn on workers that have no cohort to train any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from distributed import CancelledError, Client, Future, KilledWorker

from unvanish.suite import plugins
from unvanish.suite.execution import remote
from unvanish.suite.execution.clusters import local_workers_of
from unvanish.suite.execution.local_workers import RETRIES
from unvanish.suite.execution.presence import WORKER_TIMEOUT, Presence
from unvanish.suite.execution.stalls import FIRST_NOTICE
from unvanish.suite.execution.worker import FittedReferences, fit_references
from unvanish.suite.experiment.plan import Budget, Cohort
from unvanish.suite.references import ReferenceResult
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError

LAST = -1_000_000  # priority of what can wait for all cohorts
POLL = 5.0  # seconds after which it is looked again whether there are workers


@dataclass(frozen=True)
class Fit:
    """The reference predictors of a task, which a worker fits or has fitted."""

    task: Task
    budget: Budget
    future: Future

    @property
    def label(self) -> str:
        return f"{self.task.name} lag {self.task.lag}"


def start_references(cohorts: Sequence[Cohort], client: Client) -> list[Fit]:
    """Reference predictors of every task and lag of these cohorts."""
    budgets = {cohort.task: cohort.budget for cohort in cohorts}
    return [start(task, budget, client) for task, budget in budgets.items()]


def start(task: Task, budget: Budget, client: Client) -> Fit:
    """Reference predictors of a task."""
    return Fit(task, budget, remote.submit(client, f"unvanish-references-{uuid4().hex}", fit_references, task, budget, priority=LAST))


def collect_references(
    fits: Sequence[Fit], client: Client, on_message: Callable[[str], None], limit: float | None = None, worker_limit: float = WORKER_TIMEOUT
) -> tuple[list[ReferenceResult], float]:
    """Wait for them; the results, and the seconds of the workers' time that they took. Why others could not be had is a message.

    Those of a task that take longer than `limit` seconds are given up. Raises `UsageError` where the scheduler is gone, or there has been no
    worker for `worker_limit` seconds.
    """
    found, spent, presence = list[ReferenceResult](), 0.0, Presence(client, worker_limit)
    with presence.needed():
        for fit in fits:
            try:
                fitted = result(fit, presence, on_message, limit)
            except (CancelledError, UsageError):  # of the scheduler
                raise
            except TimeoutError:
                on_message(f"the reference predictors of {fit.label} took longer than the time limit of {limit:g} s and are left out")
            except Exception as error:  # a line that is missing in a figure is no reason to lose what was trained
                on_message(f"the reference predictors of {fit.label} could not be run: {plugins.reason_of(error)}")
            else:
                found, spent = [*found, *fitted.results], spent + fitted.seconds
                for name, reason in fitted.failures.items():
                    on_message(f"the reference predictor {name} could not be run on {fit.label}: {reason}")
    return found, spent


def result(fit: Fit, presence: Presence, on_message: Callable[[str], None], limit: float | None) -> FittedReferences:
    """Wait for the reference predictors of a task; where their worker died they are fitted by another one.

    Raises what they raised, and `TimeoutError` where they took longer than `limit` seconds.
    """
    for retry in range(RETRIES + 1):
        wait(fit, presence, on_message, limit)
        try:
            fitted: FittedReferences = remote.result(fit.future)
        except KilledWorker:
            if retry == RETRIES:
                raise
            fit = start(fit.task, fit.budget, presence.client)
        else:
            presence.on_progress()
            return fitted
    raise AssertionError


def wait(fit: Fit, presence: Presence, on_message: Callable[[str], None], limit: float | None) -> None:
    """Wait until the reference predictors of a task have ended, and say where that takes long; give up after `limit` seconds with `TimeoutError`."""
    began, next_notice = monotonic(), FIRST_NOTICE
    while not ends_within(fit.future, POLL):
        if line := presence.check():
            on_message(line)
        seconds = monotonic() - began
        if limit is not None and seconds > limit:
            give_up(fit.future)
            raise TimeoutError
        if seconds >= next_notice:
            next_notice *= 2
            on_message(f"still waiting for the reference predictors of {fit.label}")


def ends_within(future: Future, seconds: float) -> bool:
    """Wait for a future, but not longer than so many seconds; return whether it has ended."""
    with suppress(Exception):  # it is asked for its result later
        future.result(timeout=seconds)
    return bool(future.done())


def give_up(future: Future) -> None:
    """Take back a future that takes too long, and end the worker process that computes it where this process started it."""
    workers = [worker for worker, keys in future.client.processing().items() if future.key in keys]
    future.cancel(force=True)
    if local := local_workers_of(future.client):
        for worker in workers:
            local.replace(worker)
