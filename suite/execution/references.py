"""Reference predictors of scikit-learn on workers that have no cohort to train any more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from distributed import Client, Future

from unvanish.suite.execution import remote
from unvanish.suite.execution.cohorts import describe_error
from unvanish.suite.execution.worker import fit_references
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.references import ReferenceResult

LAST = -1_000_000  # priority of what can wait for all cohorts


def start_references(cohorts: Sequence[Cohort], client: Client) -> list[Future]:
    """Reference predictors of every task and lag of these cohorts."""
    budgets = {cohort.task: cohort.budget for cohort in cohorts}
    return [remote.submit(client, f"unvanish-references-{uuid4().hex}", fit_references, task, budget, priority=LAST) for task, budget in budgets.items()]


def collect_references(futures: Sequence[Future]) -> tuple[list[ReferenceResult], float, list[str]]:
    """Waits for them; the results, the seconds of the workers' time that they took, and why others could not be had."""
    found: list[ReferenceResult] = []
    spent, failures = 0.0, []
    for future in futures:
        try:
            results, seconds = remote.result(future)
        except Exception as error:  # a line that is missing in a figure is no reason to lose what was trained
            failures.append(describe_error(error))
        else:
            found, spent = [*found, *results], spent + seconds
    return found, spent, failures
