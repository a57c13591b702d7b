"""A worker process of this machine, from its first line on: it ends when the process that started it does.

The first line of its standard input is its `Settings` as JSON. Only who has the credentials among them can connect to it or to its scheduler;
they are in no file, no argument and no environment variable.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any

import dask
from distributed import Security, Worker

HOST = "127.0.0.1"

# A connection within a machine ends when one of its two processes does. That it is silent for a while only means that the machine was suspended, or is
# so busy that neither of them ran; Dask's own limit of 30 seconds would cancel all that is being trained.
PATIENCE = {"distributed.comm.timeouts.tcp": "1 day", "distributed.comm.timeouts.connect": "10 minutes"}

# Ctrl-C and a closed terminal reach the whole process group; it is the process that started this one that decides what they mean.
PROGRAM = """
import signal, sys
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
import json
settings = json.loads(sys.stdin.buffer.readline())
sys.path[:] = settings["path"]
from unvanish.suite.execution.worker_process import Settings, main
main(Settings(**settings))
"""


@dataclass(frozen=True)
class Settings:
    """What a worker process needs to know.

    scheduler    the scheduler's address
    name         its own name, which no other worker of this scheduler ever had
    folder       where it may write what it needs for itself
    path         where it finds modules
    credentials  certificates and key as PEM, by the names of `distributed.Security`
    """

    scheduler: str
    name: str
    folder: str
    path: tuple[str, ...]
    credentials: dict[str, str]

    def as_line(self) -> bytes:
        """Return the settings as the first line of the process's standard input."""
        return json.dumps(asdict(self)).encode() + b"\n"


class QuietWorker(Worker):
    """A worker without status pages."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Listen to nobody."""


def main(settings: Settings) -> None:
    """Take calls from the scheduler until it goes away, or the process that started this one."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(PATIENCE):
        asyncio.run(work(settings))


async def work(settings: Settings) -> None:
    """Be a worker of the scheduler, with one thread."""
    security = Security(require_encryption=True, **settings.credentials)
    own: dict[str, Any] = {"name": settings.name, "local_directory": settings.folder, "host": HOST, "protocol": "tls://"}
    async with QuietWorker(settings.scheduler, nthreads=1, memory_limit=0, security=security, **own) as worker:
        await worker.finished()


def end_with_parent() -> None:
    """Wait for the end of standard input, which comes when the process that started this one has ended, however it ended; then end at once."""
    sys.stdin.buffer.read()
    os._exit(0)
