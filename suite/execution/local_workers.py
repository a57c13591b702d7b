"""Worker processes of this machine with a scheduler in this process: replaced where they end, a bounded number of times."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

from distributed import Scheduler, Security, SpecCluster

from unvanish.suite.execution.gpus import NUMBER
from unvanish.suite.execution.worker_process import HOST, PROGRAM, Settings
from unvanish.suite.plugins import one_line

RETRIES = 3  # times that a cohort is given to another worker after its worker died
MAX_DEATHS = RETRIES + 2  # of the processes of one place in a row, without progress of any cohort: more than a single cohort can cause
START_TIMEOUT = 60.0  # seconds that are waited for all workers; then those that are there begin
LAST_LINES = 3  # of standard error that are told of a process that died
MAX_LINE = 4096  # bytes

# A training step takes and gives back the same large buffers again and again. The C library must keep them: Dask's own setting returns
# everything above 64 KB to the system, and the page faults that follow cost an LSTM a quarter of its time. `give_back_memory` returns
# what is left after a cohort.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 8 << 30, "MALLOC_MMAP_THRESHOLD_": 8 << 30, "MALLOC_TOP_PAD_": 256 << 20}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1)
HASH_SEED = 6640  # as Dask sets it for the workers that it starts: programs in the compile cache are found where it is the same


class QuietScheduler(Scheduler):
    """A scheduler without status pages."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Listen to nobody."""


class WorkerProcess:
    """A worker process that was started in a place; `wanted` until it is to end."""

    def __init__(self, settings: Settings, place: int) -> None:
        defaults = {name: str(value) for name, value in (KEEP_MEMORY | ONE_THREAD).items()}
        environment = {**defaults, **os.environ, "PYTHONHASHSEED": str(HASH_SEED), NUMBER: str(place), "TMPDIR": settings.folder}  # removed with the run
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, **pipes)
        self.wanted, self.ended = True, threading.Event()
        self.lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self.reader = threading.Thread(target=self.read_errors, daemon=True)
        self.reader.start()
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(settings.as_line())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died already

    def read_errors(self) -> None:
        """Keep the last lines of the process's standard error."""
        assert self.process.stderr is not None
        for line in iter(partial(self.process.stderr.readline, MAX_LINE), b""):
            if line.strip():
                self.lines.append(line)

    def wait(self) -> None:
        """Wait until the process has ended."""
        self.process.wait()
        self.reader.join(timeout=1)  # not for ever, since a child of the process may hold the pipe
        self.ended.set()

    def end(self) -> None:
        """End the process at once: it has nothing to save."""
        self.wanted = False
        self.process.kill()

    def last_words(self) -> str:
        """Return how the process ended and its last lines on standard error, on one line."""
        self.ended.wait(timeout=2)  # the scheduler may notice its end before this process does
        code = self.process.returncode
        if code is None:
            return "its connection was lost"
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        said = one_line(b" ".join(self.lines).decode(errors="replace"))
        return f"{how}: {said}" if said else how


@dataclass
class Place:
    """Where one worker process runs after the other; so many of them died since a cohort made progress."""

    number: int
    deaths: int = 0


class LocalWorkers(SpecCluster):
    """A Dask cluster of processes of this machine that nobody else can use: its connections are encrypted, and need a key that only it has.

    A process that dies is replaced, but not for ever: see `gave_up`. The scheduler gives no call of a dead worker to another one but
    reports `KilledWorker`; whoever submitted the call decides.
    """

    scheduler: QuietScheduler

    def __init__(self, count: int, folder: str) -> None:
        self.folder, self.keys = folder, Security.temporary()
        options = {"host": HOST, "protocol": "tls://", "port": 0, "security": self.keys, "dashboard": False, "allowed_failures": 0}
        super().__init__(scheduler={"cls": QuietScheduler, "options": options}, security=self.keys, silence_logs=logging.CRITICAL)
        self.starting, self.closing = threading.Lock(), False
        self.processes: dict[str, WorkerProcess] = {}  # by the name of the worker
        self.places = [Place(number) for number in range(count)]
        self.threads = [threading.Thread(target=self.occupy, args=(place,), daemon=True) for place in self.places]
        for thread in self.threads:
            thread.start()

    def occupy(self, place: Place) -> None:
        """Run one process after the other in a place, until none is wanted any more or too many have died."""
        while process := self.start_process(place):
            process.wait()
            place.deaths += process.wanted

    def start_process(self, place: Place) -> WorkerProcess | None:
        """Start a process in a place; return None where none is wanted any more or too many have died."""
        with self.starting:
            if self.closing or place.deaths >= MAX_DEATHS:
                return None
            name = str(len(self.processes))
            credentials = {"tls_ca_file": self.keys.tls_ca_file, "tls_worker_cert": self.keys.tls_worker_cert, "tls_worker_key": self.keys.tls_worker_key}
            settings = Settings(self.scheduler_address, name, self.folder, tuple(map(os.path.abspath, sys.path)), credentials)
            self.processes[name] = WorkerProcess(settings, place.number)
            return self.processes[name]

    def wait_until_started(self) -> None:
        """Wait until there is a worker in every place in which processes do not die, but not longer than `START_TIMEOUT`."""
        deadline = monotonic() + START_TIMEOUT
        while len(self.scheduler.workers) < sum(place.deaths < MAX_DEATHS for place in self.places) and monotonic() < deadline:
            sleep(0.02)

    def gave_up(self) -> str | None:
        """Return how the last process ended where so many have died in every place that no more are started; None as long as there is one."""
        if any(place.deaths < MAX_DEATHS for place in self.places):
            return None
        return self.processes[str(len(self.processes) - 1)].last_words()

    def on_progress(self) -> None:
        """A cohort has made progress or ended: what died before that is forgiven, but in places that were given up."""
        for place in self.places:
            if place.deaths < MAX_DEATHS:
                place.deaths = 0

    def replace(self, address: str) -> None:
        """End the process of the worker at an address, whatever it does: another one takes its place, and what waited for it goes elsewhere."""
        worker = self.scheduler.workers.get(address)
        if worker is not None:
            self.sync(self.scheduler.remove_worker, address=address, stimulus_id="unvanish-replace", expected=True)
            self.processes[str(worker.name)].end()

    def end_processes(self) -> None:
        """End all processes, and start no more."""
        with self.starting:
            self.closing = True
        for process in self.processes.values():
            process.end()
        for thread in self.threads:
            thread.join()
