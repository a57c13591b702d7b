"""The workers: processes of this machine that end with the run, or those of a Dask scheduler that others use too."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

from unvanish.suite.execution.compile_cache import compile_cache
from unvanish.suite.execution.worker import LOADED, loaded_environment
from unvanish.suite.experiment.versions import Environment
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

# A training step takes and gives back the same large buffers again and again. The C library must keep them: Dask's own setting returns
# everything above 64 KB to the system, and the page faults that follow cost an LSTM a quarter of its time. `give_back_memory` returns
# what is left after a cohort.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 8 << 30, "MALLOC_MMAP_THRESHOLD_": 8 << 30, "MALLOC_TOP_PAD_": 256 << 20}


@contextmanager
def local_workers(count: int) -> Iterator[Client]:
    """`count` worker processes on this machine that end with the block, and leave nothing behind."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with (
        compile_cache(),  # which stores the digests of what workers wrote that were killed
        tempfile.TemporaryDirectory(prefix="unvanish-") as scratch,
        dask.config.set({"temporary-directory": scratch, "distributed.admin.log-format": "%(message)s"}),
        dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in KEEP_MEMORY.items()}),
    ):
        # Ctrl-C reaches the whole process group; workers must leave it to this process, which inherits them the ignoring.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
        finally:
            signal.signal(signal.SIGINT, handler)
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def cluster_at(address: str) -> Iterator[Client]:
    """The workers of the Dask scheduler at `address`; raises `UsageError` where none answers, or a worker has other code than this process."""
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {redact(address)} ({redact(error, address)}); "
            "give its address as tcp://HOST:PORT, or leave --scheduler out to use this machine"
        ) from None
    with client:
        for worker, differences in mismatched_workers(client).items():
            raise UsageError(
                f"the worker at {worker} has other code than this machine ({differences}), so its numbers would differ; "
                "install the same commit and the same requirements.lock there, and start its workers again"
            )
        yield client


def mismatched_workers(client: Client) -> dict[str, str]:
    """Return how the environments of workers differ from this process's, by their address; those that are equal are left out."""
    answers = client.run(loaded_environment, on_error="return")
    unknown = ["unvanish is another version, or missing"]
    differences = {worker: LOADED.differences(answer) if isinstance(answer, Environment) else unknown for worker, answer in answers.items()}
    return {worker: ", ".join(phrases) for worker, phrases in differences.items() if phrases}


def is_ours(client: Client) -> bool:
    """Return whether this process started the workers, and may therefore restart them; those of a scheduler given by its address belong to others too."""
    return client.cluster is not None


def end_worker(client: Client, address: str) -> None:
    """End a worker process that this process started, whatever it does; another one takes its place, and what waited for it is trained there."""
    client.restart_workers([address], raise_for_error=False)
