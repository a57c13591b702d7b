"""The tasks of a worker process: check that it would compute the client's numbers, then train a cohort or fit reference predictors."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

from distributed import get_worker

from unvanish.suite import plugins
from unvanish.suite.execution.checkpoints.exchange import HANDOVER_TIMEOUT, Exchange, Superseded, exchange_for
from unvanish.suite.execution.progress import ProgressMessages
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
    failures  why some of its conditions could not be run
    warnings  sentences for whoever follows the run, by what they are about
    """

    results: list[Result]
    models: dict[str, bytes]
    seconds: dict[str, float]
    failures: list[str]
    warnings: dict[str, str]


def train_cohort(cohort: Cohort, key: str, topic: str, client: Environment, interval: float, promised: bool) -> TrainedCohort:
    """Run the whole protocol of a cohort, and report that it begins, its progress, and checkpoints, `interval` seconds apart.

    It goes on from a checkpoint as soon as one is handed over, for which it waits before it begins if that was promised: see `checkpoints.exchange`.
    Events have the trial-steps that are done since it began, from a checkpoint or not.

    Raises `CodeMismatch` where the environment, once all is loaded, is not the client's.
    """
    with exchange_for(key) as exchange:
        return train_with(exchange, cohort, key, topic, client, interval, promised)


def train_with(exchange: Exchange, cohort: Cohort, key: str, topic: str, client: Environment, interval: float, promised: bool) -> TrainedCohort:
    """Train a cohort as `train_cohort` does, with the checkpoints of this exchange."""
    start = perf_counter()
    worker = get_worker()
    done = 0

    def tell(trials: int, **more: Any) -> None:
        worker.log_event(topic, {"key": key, "worker": worker.address, "done": done, "trials": trials, **more})

    def report(trial_steps: int, trials: int) -> None:
        nonlocal done
        done += trial_steps
        tell(trials)

    progress = ProgressMessages(report)

    def on_block(trial_steps: int, trials: int) -> None:
        if exchange.handed:
            raise Superseded
        progress(trial_steps, trials)

    def offer(content: bytes) -> None:
        exchange.newest = content
        tell(cohort.trials, checkpoint=True)

    tell(cohort.trials, begins=True)
    prepare_tensorflow()
    from unvanish.suite.execution.checkpoints.checkpoint import Checkpointer
    from unvanish.suite.execution.isolation import run_apart
    from unvanish.suite.export.to_keras import best_models

    check_environment(client, environment_once_loaded())
    startup = perf_counter() - start
    tell(cohort.trials)
    warnings: dict[str, str] = {}

    def on_probe_failure(probe: str, reason: str) -> None:
        warnings[f"probe {probe}"] = f"the probe {probe} could not be measured everywhere, and what is missing stays empty: {reason}"

    def on_checkpoint_failure(line: str) -> None:
        warnings[f"checkpoint {cohort.label}"] = line

    if promised:
        exchange.arrived.wait(HANDOVER_TIMEOUT)
    outcome = None
    while outcome is None:
        done, progress = 0, ProgressMessages(report)
        checkpointer = Checkpointer(offer, environment_once_loaded(), interval, exchange.take(), on_checkpoint_failure)
        with suppress(Superseded):
            outcome = run_apart(cohort, on_block, on_probe_failure, checkpointer)
    progress.flush()
    exporting = perf_counter()
    models, left_out = best_models(outcome.results)
    seconds = {"worker startup": startup, **outcome.seconds, "export": perf_counter() - exporting}
    give_back_memory()
    return TrainedCohort(outcome.results, models, seconds, outcome.failures, warnings | dict(zip(left_out, left_out, strict=True)))


@dataclass(frozen=True)
class FittedReferences:
    """What the reference predictors of a task reach, the seconds that it took, and why others could not be fitted, by their names."""

    results: list[ReferenceResult]
    seconds: float
    failures: dict[str, str]


def fit_references(task: Task, budget: Budget) -> FittedReferences:
    """Fit the reference predictors of a task and evaluate them on its test set. One that raises costs its own result alone."""
    start = perf_counter()
    test, results, failures = test_set(task, budget), list[ReferenceResult](), dict[str, str]()
    for reference in REFERENCES:
        try:
            if reference.applies(task):
                results.append(evaluate(reference, task, test, fingerprint(task, budget)))
        except Exception as error:  # whatever the predictor raises
            failures[reference.name] = plugins.reason_of(error)
    return FittedReferences(results, perf_counter() - start, failures)


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
