"""Processes of a fault: commands that are started, watched and ended, and all that descends from them, by a variable of their environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

UNVANISH = str(Path(sys.executable).parent / "unvanish")
MARK = "UNVANISH_FAULT"  # the variable, whose value is the folder of the try
TIMEOUT = 400.0  # seconds after which a command counts as one that hangs
PAUSE = 0.05  # seconds between two looks


class Started:
    """A command that runs in a session of its own, as one that was typed in a terminal of its own, with the lines that it has printed so far."""

    def __init__(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> None:
        self.command, self.began = command, time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=heed_signals,
        )
        self.printed: list[str] = []  # on standard output
        self.told: list[str] = []  # on standard error
        streams = ((self.process.stdout, self.printed), (self.process.stderr, self.told))
        self.readers = [
            threading.Thread(target=lambda stream=stream, lines=lines: lines.extend(iter(stream.readline, "")), daemon=True) for stream, lines in streams
        ]
        for reader in self.readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process of the command, which leads its group."""
        return self.process.pid

    @property
    def stderr(self) -> str:
        """What was told so far."""
        return "".join(self.told)

    @property
    def output(self) -> str:
        """What was printed and told so far."""
        return "".join(self.printed) + self.stderr

    @property
    def ended(self) -> bool:
        """Return whether the command has ended."""
        return self.process.poll() is not None

    def wait_for(self, condition: Callable[[], object], seconds: float = TIMEOUT) -> bool:
        """Wait until something holds, for so many seconds at most; False where the command ended before, or the time is over."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.ended or time.monotonic() > deadline:
                return bool(condition())
            time.sleep(PAUSE)
        return True

    def wait_for_line(self, text: str, seconds: float = TIMEOUT) -> bool:
        """Wait until a line with this text is told."""
        return self.wait_for(lambda: text in self.stderr, seconds)

    def lives_for(self, seconds: float) -> bool:
        """Wait for so many seconds; False where the command ended before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ended:
            time.sleep(PAUSE)
        return not self.ended

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the command and all processes of its group, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End the process of the command, and no other one, as the system does for want of memory."""
        self.process.kill()
        self.process.wait()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end and return the exit status; None where it does not end, and is killed."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            self.process.wait()
            return None
        finally:
            for reader in self.readers:
                reader.join(10)
        return self.process.returncode


def heed_signals() -> None:
    """Restore what signals do in a new process: a shell starts what it sends to the background with Ctrl-C ignored, nohup with SIGHUP."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def processes_of(folder: Path) -> dict[int, str]:
    """The command lines of all live processes of a try, by their number."""
    mark = f"{MARK}={folder}".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0") and (command := (entry / "cmdline").read_bytes()):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def worker_processes(folder: Path, command: int) -> list[int]:
    """The numbers of the worker processes of a try that descend from a command: its Python processes, but for those that watch shared resources."""
    found = processes_of(folder)
    parents = {number: parent_of(number) for number in found}

    def descends(number: int) -> bool:
        parent = parents.get(number)
        return parent == command or (parent is not None and descends(parent))

    return sorted(number for number, line in found.items() if "python" in line.split()[0] and "resource_tracker" not in line and descends(number))


def parent_of(number: int) -> int | None:
    """The number of a process's parent; None where the process has gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return None


def wait_until_gone(folder: Path, seconds: float) -> dict[int, str]:
    """Wait until no process of a try is left, for so many seconds at most, and return those that still are."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return left


def kill_processes(folder: Path) -> None:
    """Kill every process of a try."""
    for number in processes_of(folder):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
