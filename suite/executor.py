"""Runs cohorts on worker processes: one a core here, or those of a Dask cluster. Each worker computes with one thread."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import queue
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import nan
from time import perf_counter
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, get_worker

from suite.diagnosis import failed
from suite.plan import Budget, Cohort
from suite.references import REFERENCES, ReferenceResult, evaluate, fingerprint, test_set
from suite.trial import Result, evaluation_trials, tuning_trials
from tasks import Task
from tasks.errors import WrongUse

TOPIC = "unvanish-progress"
LAST = -1_000_000  # priority of what can wait for all cohorts
COHORTS_PER_PROCESS = 16  # TensorFlow keeps some 15 MB of compiled code for each, so a process of this machine is replaced after so many


@dataclass(frozen=True)
class Progress:
    """A cohort has trained this many more trial-steps."""

    cohort: Cohort
    trial_steps: int


@dataclass(frozen=True)
class Done:
    """A cohort has ended; where it could not be run to its end, `failure` says why and each of its trials is a failed result."""

    cohort: Cohort
    results: Sequence[Result]
    failure: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # of the worker's time, by what it went to


def run(cohorts: Sequence[Cohort], client: Client) -> Iterator[Progress | Done]:
    """Runs all cohorts, those with the most work first, and yields what happens as it happens.

    Worker processes that this machine started are replaced from time to time, so that their memory stays bounded; a cohort
    that the old one had begun is begun again by the new one.
    """
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    by_key = {f"cohort-{index}-{cohort.label}".replace(" ", "-"): cohort for index, cohort in enumerate(sorted(cohorts, key=lambda cohort: -cohort.cost))}
    client.subscribe_topic(TOPIC, lambda event: events.put(Progress(by_key[event[1]["key"]], event[1]["trial_steps"])))
    futures = []
    for priority, (key, cohort) in enumerate(by_key.items()):
        future = client.submit(work, cohort, key, key=key, priority=-priority, pure=False)
        future.add_done_callback(events.put)
        futures.append(future)
    left = len(futures)
    trained: Counter[str] = Counter()
    while left:
        event = events.get()
        if isinstance(event, Future):
            left -= 1
            trained.update(worker := client.who_has(event).get(event.key, ())[:1])
            done = collect(by_key[str(event.key)], event)
            event.release()
            if left and client.cluster and worker and trained[worker[0]] >= COHORTS_PER_PROCESS:
                client.restart_workers(worker, raise_for_error=False)
            yield done
        else:
            yield event
    client.unsubscribe_topic(TOPIC)


def start_references(cohorts: Sequence[Cohort], client: Client) -> list[Future]:
    """Reference predictors of every task and lag of these cohorts, for workers that have no cohort to train any more."""
    budgets = {cohort.task: cohort.budget for cohort in cohorts}
    return [client.submit(refer, task, budget, priority=LAST, pure=False) for task, budget in budgets.items()]


def collect_references(futures: Sequence[Future]) -> tuple[list[ReferenceResult], float, list[str]]:
    """Waits for them; the results, the seconds of the workers' time that they took, and why others could not be had."""
    found: list[ReferenceResult] = []
    spent, failures = 0.0, []
    for future in futures:
        try:
            results, seconds = future.result()
        except Exception as error:  # a line that is missing in a figure is no reason to lose what was trained
            failures.append(in_words(error))
        else:
            found, spent = [*found, *results], spent + seconds
    return found, spent, failures


def refer(task: Task, budget: Budget) -> tuple[list[ReferenceResult], float]:
    """In a worker: what the reference predictors of a task reach on its test set, and the seconds that took."""
    start = perf_counter()
    test = test_set(task, budget)
    return [evaluate(reference, task, test, fingerprint(task, budget)) for reference in REFERENCES if reference.applies(task)], perf_counter() - start


def collect(cohort: Cohort, future: Future) -> Done:
    try:
        results, seconds = future.result()
        return Done(cohort, results, seconds=seconds)
    except KilledWorker:
        reason = "its worker process died again and again, most likely for want of memory; use fewer workers or smaller sizes"
    except Exception as error:  # whatever a trial raises must become a row, not a gap
        reason = in_words(error)
    return Done(cohort, failed_results(cohort, reason), reason)


def in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def failed_results(cohort: Cohort, reason: str) -> list[Result]:
    """A row for each trial that could not be run, without a learning rate where none could be chosen."""
    trials = [trial for condition in cohort.conditions for trial in [*tuning_trials(condition), *evaluation_trials(condition, nan)]]
    return [failed(trial, reason) for trial in trials]


def work(cohort: Cohort, key: str) -> tuple[list[Result], dict[str, float]]:
    """In a worker: the whole protocol of a cohort, with word of its progress after each block; results, and where the time went."""
    start = perf_counter()
    prepare_tensorflow()
    from suite.protocol import run_cohort

    startup = perf_counter() - start
    worker = get_worker()
    results, seconds = run_cohort(cohort, lambda trial_steps: worker.log_event(TOPIC, {"key": key, "trial_steps": trial_steps}))
    give_back_memory()
    return results, {"worker startup": startup, **seconds}


def give_back_memory() -> None:
    """Frees what a cohort's programs held in cycles of references, and returns it to the system, where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def prepare_tensorflow() -> None:
    """One thread a process, so that results do not depend on the machine's cores; and no start-up chatter on the terminal."""
    with quiet_stderr():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.list_logical_devices()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Sends what native code writes to standard error nowhere; exceptions still get through."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def local_workers(count: int) -> Iterator[Client]:
    """`count` worker processes on this machine that end with the block, and leave nothing behind."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with (
        tempfile.TemporaryDirectory(prefix="unvanish-") as scratch,
        dask.config.set({"temporary-directory": scratch, "distributed.admin.log-format": "%(message)s"}),
    ):
        # Ctrl-C reaches the whole process group; workers must leave it to this process, which inherits them the ignoring.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            cluster = LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, memory_limit=0, silence_logs=logging.CRITICAL
            )
        finally:
            signal.signal(signal.SIGINT, handler)
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def cluster_at(address: str) -> Iterator[Client]:
    """The workers of the Dask scheduler at `address`; raises `WrongUse` where none answers."""
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise WrongUse(
            f"no Dask scheduler answers at {address} ({error}); give its address as tcp://HOST:PORT, or leave --scheduler out to use this machine"
        ) from None
    with client:
        yield client
