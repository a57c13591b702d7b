"""The tasks of a worker process: check that it would compute the client's numbers, then train a cohort or fit reference predictors."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from distributed import get_worker

from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow
from unvanish.suite.experiment.plan import Budget, Cohort
from unvanish.suite.experiment.trial import Result
from unvanish.suite.experiment.versions import Environment, environment
from unvanish.suite.references import REFERENCES, ReferenceResult, evaluate, fingerprint, test_set
from unvanish.tasks import Task

LOADED = environment()  # as it was when this process began to load the project: files may change under a process that runs for long


class CodeMismatch(Exception):
    """This worker would compute other numbers than the client: its source, libraries or compiler settings differ."""


@dataclass(frozen=True)
class TrainedCohort:
    """The results of a cohort, with what a worker computed beside them.

    models    the best evaluation trial of each condition as the content of a .keras file, by the condition's fingerprint: exported
              here, where Keras is loaded anyway, so that the process that tracks need not load it
    seconds   the worker's time by part
    warnings  sentences for whoever follows the run
    """

    results: list[Result]
    models: dict[str, bytes]
    seconds: dict[str, float]
    warnings: list[str]


def train_cohort(cohort: Cohort, key: str, topic: str, client: Environment) -> TrainedCohort:
    """Run the whole protocol of a cohort, and report progress after each block.

    Raises `CodeMismatch` where the environment, once all is loaded, is not the client's.
    """
    start = perf_counter()
    prepare_tensorflow()
    from unvanish.suite.execution.protocol import run_cohort
    from unvanish.suite.export.to_keras import best_models

    check_environment(client, environment_once_loaded())
    startup = perf_counter() - start
    worker = get_worker()
    results, seconds = run_cohort(cohort, lambda trial_steps, trials: worker.log_event(topic, {"key": key, "trial_steps": trial_steps, "trials": trials}))
    exporting = perf_counter()
    models, warnings = best_models(results)
    seconds = {"worker startup": startup, **seconds, "export": perf_counter() - exporting}
    give_back_memory()
    return TrainedCohort(results, models, seconds, warnings)


def fit_references(task: Task, budget: Budget) -> tuple[list[ReferenceResult], float]:
    """Return what the reference predictors of a task reach on its test set, and the seconds that it took."""
    start = perf_counter()
    test = test_set(task, budget)
    return [evaluate(reference, task, test, fingerprint(task, budget)) for reference in REFERENCES if reference.applies(task)], perf_counter() - start


def loaded_environment() -> Environment:
    """Return the environment that this process began with."""
    return LOADED


@cache
def environment_once_loaded() -> Environment:
    """Return the environment after all modules that train were loaded: had a file changed since `LOADED`, the process would hold a mixture."""
    return environment()


def check_environment(client: Environment, own: Environment) -> None:
    """Raise `CodeMismatch` where the environments differ."""
    if differences := client.differences(own):
        raise CodeMismatch(", ".join(differences))


def give_back_memory() -> None:
    """Free the memory of a cohort's trainer and arrays, which cycles of references hold, and return it to the system where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
