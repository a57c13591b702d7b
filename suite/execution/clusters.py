"""The workers: processes of this machine that end with the run, or those of a Dask scheduler that others use too."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
from distributed import Client

from unvanish.suite.execution.compile_cache import compile_cache
from unvanish.suite.execution.local_workers import LocalWorkers
from unvanish.suite.execution.worker import LOADED, loaded_environment
from unvanish.suite.execution.worker_process import PATIENCE
from unvanish.suite.experiment.versions import Environment
from unvanish.suite.plugins import one_line
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

LOGGERS = ("distributed", "tornado", "asyncio")  # of Dask, with tracebacks of what this project says in a sentence
CONNECT_TIMEOUT = 10.0  # seconds


@contextmanager
def local_workers(count: int) -> Iterator[Client]:
    """`count` worker processes on this machine that end with the block, and leave nothing behind."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with (
        compile_cache(),  # which stores the digests of what workers wrote that were killed
        tempfile.TemporaryDirectory(prefix="unvanish-") as scratch,
        # A worker that ends is noticed by its connection; one that does not answer for minutes may be compiling, or the machine was suspended.
        dask.config.set({"distributed.scheduler.worker-ttl": None, "temporary-directory": scratch, **PATIENCE}),
        silent_dask(),
        LocalWorkers(count, scratch) as cluster,
    ):
        try:
            cluster.wait_until_started()
            with Client(cluster) as client:
                yield client
        finally:
            cluster.end_processes()


@contextmanager
def cluster_at(scheduler: str) -> Iterator[Client]:
    """The workers of the Dask scheduler at an address, or of that whose scheduler file this is; certificates are those of Dask's configuration.

    Raises `UsageError` where none answers, or a worker has other code than this process.
    """
    address = scheduler_address(scheduler)
    with silent_dask():
        try:
            client = Client(address, timeout=CONNECT_TIMEOUT)
        except (OSError, ValueError, TypeError, TimeoutError, RuntimeError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {redact(address)} ({redact(one_line(str(error)), address)}); "
                "give its address as tcp://HOST:PORT or tls://HOST:PORT, or its scheduler file, or leave --scheduler out to use this machine"
            ) from None
        with client:
            try:
                mismatched = mismatched_workers(client)
            except OSError:
                raise UsageError(f"the Dask scheduler at {redact(address)} has gone away; start it and its workers again") from None
            for worker, differences in mismatched.items():
                raise UsageError(
                    f"the worker at {worker} has other code than this machine ({differences}), so its numbers would differ; "
                    "install the same commit and the same requirements.lock there, and start its workers again"
                )
            yield client


def scheduler_address(scheduler: str) -> str:
    """Return the address that is given, or that is in the file that is given, as `dask scheduler --scheduler-file` writes it.

    Raises `UsageError` for a file that holds none.
    """
    if "://" in scheduler or not Path(scheduler).is_file():
        return scheduler
    try:
        return str(json.loads(Path(scheduler).read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"the scheduler file {scheduler} holds no address; give the file that `dask scheduler --scheduler-file FILE` writes, or tcp://HOST:PORT"
        ) from None


@contextmanager
def silent_dask() -> Iterator[None]:
    """Keep the loggers of Dask silent during the block."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in LOGGERS]
    loggers = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False


def mismatched_workers(client: Client) -> dict[str, str]:
    """Return how the environments of workers differ from this process's, by their address; those that are equal are left out."""
    answers = client.run(loaded_environment, on_error="return")
    unknown = ["unvanish is another version, or missing"]
    differences = {worker: LOADED.differences(answer) if isinstance(answer, Environment) else unknown for worker, answer in answers.items()}
    return {worker: ", ".join(phrases) for worker, phrases in differences.items() if phrases}


def local_workers_of(client: Client) -> LocalWorkers | None:
    """Return the workers of a client where this process started them, and may therefore end them; those of other schedulers belong to others too."""
    return client.cluster if isinstance(client.cluster, LocalWorkers) else None
