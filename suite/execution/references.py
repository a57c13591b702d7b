"""Reference predictors of scikit-learn on workers that have no cohort to train any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from uuid import uuid4

from distributed import Client, Future

from unvanish.suite import plugins
from unvanish.suite.execution import remote
from unvanish.suite.execution.clusters import end_worker, is_ours
from unvanish.suite.execution.stalls import FIRST_NOTICE
from unvanish.suite.execution.worker import FittedReferences, fit_references
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.references import ReferenceResult
from unvanish.tasks import Task

LAST = -1_000_000  # priority of what can wait for all cohorts


def start_references(cohorts: Sequence[Cohort], client: Client) -> dict[Task, Future]:
    """Reference predictors of every task and lag of these cohorts."""
    budgets = {cohort.task: cohort.budget for cohort in cohorts}
    return {task: remote.submit(client, f"unvanish-references-{uuid4().hex}", fit_references, task, budget, priority=LAST) for task, budget in budgets.items()}


def collect_references(futures: Mapping[Task, Future], on_message: Callable[[str], None], limit: float | None = None) -> tuple[list[ReferenceResult], float]:
    """Wait for them; the results, and the seconds of the workers' time that they took. Why others could not be had is a message.

    Those of a task that take longer than `limit` seconds are given up.
    """
    found: list[ReferenceResult] = []
    spent = 0.0
    for task, future in futures.items():
        where = f"{task.name} lag {task.lag}"
        try:
            if not ends_within(future, FIRST_NOTICE if limit is None else min(limit, FIRST_NOTICE)):
                on_message(f"still waiting for the reference predictors of {where}")
            fitted: FittedReferences = remote.result(future, timeout=limit and max(limit - FIRST_NOTICE, 0.0))
        except Exception as error:  # a line that is missing in a figure is no reason to lose what was trained
            if not future.done():
                on_message(f"the reference predictors of {where} took longer than the time limit of {limit:g} s and are left out")
                give_up(future)
            else:
                on_message(f"the reference predictors of {where} could not be run: {plugins.reason_of(error)}")
        else:
            found, spent = [*found, *fitted.results], spent + fitted.seconds
            for name, reason in fitted.failures.items():
                on_message(f"the reference predictor {name} could not be run on {where}: {reason}")
    return found, spent


def ends_within(future: Future, seconds: float) -> bool:
    """Wait for a future, but not longer than so many seconds; return whether it has ended."""
    with suppress(Exception):  # it is asked for its result later
        future.result(timeout=seconds)
    return bool(future.done())


def give_up(future: Future) -> None:
    """Take back a future that takes too long, and end the worker process that computes it where this process started it."""
    client = future.client
    workers = [worker for worker, keys in client.processing().items() if future.key in keys] if is_ours(client) else []
    future.cancel(force=True)
    for worker in workers:
        end_worker(client, worker)
