"""A lock on a folder of results, so that two runs never train the same conditions at once.

The system releases a lock when its process ends, however it ends; what a killed process leaves is a file, which the next run takes over.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from errno import ENOENT
from pathlib import Path

from filelock import FileLock, Timeout

from unvanish.tasks.errors import UsageError

LOCK_FILE = ".unvanish.lock"
PATIENCE = 0.5  # seconds, for a run that is about to remove its lock
HELD: ContextVar[frozenset[Path]] = ContextVar("HELD", default=frozenset())  # a command that runs several benchmarks holds the lock for all of them


@contextmanager
def only_one_run(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that exists; nothing where the caller holds it already.

    Raises `UsageError` where another run holds it, with its process, host and start, or where the folder cannot be locked.
    """
    folder = folder.resolve()
    if folder in HELD.get():
        yield
        return
    path = folder / LOCK_FILE
    with ExitStack() as lock:
        try:
            lock.enter_context(exclusive(path, PATIENCE))
        except Timeout:
            raise UsageError(f"{holder(path)} uses the folder {folder}; wait until it has ended, or give another folder with --output") from None
        except OSError as error:
            raise UsageError(f"the folder {folder} cannot be locked ({error.strerror}); give a folder that can be written") from None
        with suppress(OSError):  # a full disk: it is locked all the same
            path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}))
        lock.callback(HELD.reset, HELD.set(HELD.get() | {folder}))
        yield


def holder(path: Path) -> str:
    """Say which run holds a lock."""
    try:
        told = json.loads(path.read_text())
        stop = f", 'kill {told['pid']}' ends it" if told["host"] == socket.gethostname() else ""
        return f"another run (process {told['pid']} on {told['host']}, since {told['since']}{stop})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"


@contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of a file, which exists only meanwhile; raises `filelock.Timeout` after so many seconds, never for -1, and `OSError`."""
    if not path.parent.is_dir():  # which the library would create
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(path.parent))
    lock = FileLock(path)
    lock.acquire(timeout, poll_interval=0.02)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # while it is held: whoever waits for it then sees that the file is gone, and creates a new one
        lock.release()
