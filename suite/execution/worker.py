"""What a worker process does: first it makes sure that it has the client's code, then it trains a cohort or fits reference predictors."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

from distributed import WorkerPlugin, get_worker

from unvanish.suite import plugins
from unvanish.suite.experiment.code import LOADED, Code, installed_code
from unvanish.suite.experiment.plan import Budget, Cohort
from unvanish.suite.experiment.trial import Result
from unvanish.suite.references import REFERENCES, ReferenceResult, evaluate, fingerprint, test_set
from unvanish.suite.silence_stderr import quiet_stderr
from unvanish.tasks import Task


class OtherCode(Exception):
    """This worker would compute other numbers than the client: its code or its libraries differ."""


@dataclass(frozen=True)
class Work:
    """What a worker made of a cohort.

    models    the best evaluation trial of each condition as the content of a .keras file, by the condition's fingerprint: made
              here, where Keras is loaded anyway, so that the process that tracks need not load it
    seconds   where the time went
    """

    results: list[Result]
    models: dict[str, bytes]
    seconds: dict[str, float]


class LoadPlugins(WorkerPlugin):
    """Lets a worker load plug-ins before it is sent anything that is made of what they define."""

    def __init__(self, used: tuple[plugins.Plugin, ...]) -> None:
        self.used = used

    def setup(self, worker: Any) -> None:
        """When a worker joins, and on those that are there."""
        for plugin in self.used:
            plugins.load(plugin)


def work(cohort: Cohort, key: str, topic: str, code: Code, used: tuple[plugins.Plugin, ...]) -> Work:
    """The whole protocol of a cohort, with word of its progress after each block.

    Raises `OtherCode` where this worker's code is not `code`, the client's.
    """
    start = perf_counter()
    refuse_other_code(code, LOADED)
    plugins.use(used)
    prepare_tensorflow()
    from unvanish.suite.execution.protocol import run_cohort
    from unvanish.suite.export.to_keras import best_models

    refuse_other_code(code, code_once_loaded())
    startup = perf_counter() - start
    worker = get_worker()
    results, seconds = run_cohort(cohort, lambda trial_steps: worker.log_event(topic, {"key": key, "trial_steps": trial_steps}))
    exporting = perf_counter()
    models = best_models(results)
    seconds = {"worker startup": startup, **seconds, "export": perf_counter() - exporting}
    give_back_memory()
    return Work(results, models, seconds)


def refer(task: Task, budget: Budget, code: Code, used: tuple[plugins.Plugin, ...]) -> tuple[list[ReferenceResult], float]:
    """What the reference predictors of a task reach on its test set, and the seconds that took; raises `OtherCode` like `work`."""
    start = perf_counter()
    refuse_other_code(code, LOADED)
    plugins.use(used)
    test = test_set(task, budget)
    return [evaluate(reference, task, test, fingerprint(task, budget)) for reference in REFERENCES if reference.applies(task)], perf_counter() - start


def loaded_code() -> Code:
    """The code that this process began with."""
    return LOADED


@cache
def code_once_loaded() -> Code:
    """The code on disk after all modules that train were loaded: had it changed since `LOADED`, the process would hold a mixture."""
    return installed_code()


def refuse_other_code(code: Code, own: Code) -> None:
    if differences := code.differences(own):
        raise OtherCode(", ".join(differences))


def give_back_memory() -> None:
    """Frees what a cohort's programs held in cycles of references, and returns it to the system, where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def prepare_tensorflow() -> None:
    """One thread a process, so that results do not depend on the machine's cores; and no start-up chatter on the terminal.

    The compiler's level 2 takes a sixth less time than its level 3 for programs that are as fast. Vectors of 512 bits would make these up to
    a tenth faster, but then the norm of a trial's update depends in the last bit on the number of trials beside it. XLA_FLAGS of the
    environment stand above this.
    """
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=2")
    with quiet_stderr():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.list_logical_devices()
