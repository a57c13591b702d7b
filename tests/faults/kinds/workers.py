"""Faults of worker processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress

from tests.faults.fault import Skipped, fault
from tests.faults.processes import UNVANISH, Started, worker_processes
from tests.faults.scene import COHORT, TRAINING, Scene

STARTS = 32
SILENCE = 45.0  # seconds; Dask gives a connection up that was silent for 30


def kill(number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


@fault("worker killed now and then")
def kill_workers(scene: Scene) -> None:
    """A worker process is killed twice while it trains; another one takes its place, and the run ends well."""
    started = scene.start(*scene.command())
    for _ in range(2):
        if scene.reaches(started, TRAINING, COHORT):
            for number in worker_processes(scene.folder, started.pid):
                kill(number)
    scene.check(started)


def kill_starting(scene: Scene, started: Started, starts: int) -> int:
    """Kill so many worker processes, each within a moment of its start, and return how many there were."""
    killed: set[int] = set()

    def new() -> set[int]:
        return set(worker_processes(scene.folder, started.pid)) - killed

    while len(killed) < starts and started.wait_for(new):
        started.lives_for(scene.random.uniform(0.0, 1.0))
        for number in new():
            kill(number)
            killed.add(number)
    return len(killed)


@fault("only worker killed as it starts")
def kill_only_worker(scene: Scene) -> None:
    """The only worker process is killed once while it starts; the run goes on with another one, or says so in a sentence."""
    started = scene.start(*scene.command())
    kill_starting(scene, started, 1)
    scene.check(started, (0, 2))
    scene.resume()


@fault("every worker killed as it starts")
def kill_every_worker(scene: Scene) -> None:
    """Up to 32 worker processes are killed while they start; the run ends in a sentence after a bounded number, and goes on later."""
    started = scene.start(*scene.command())
    killed = kill_starting(scene, started, STARTS)
    scene.notes.append(f"{killed} killed")
    scene.check(started, (0, 2) if killed >= STARTS else 2)
    scene.resume()


@fault("connections silent for a while", tries=1)
def silence_connections(scene: Scene) -> None:
    """No byte reaches a worker or comes from it for 45 seconds, as where the machine was suspended; the run goes on and ends well."""
    in_own_network = ["unshare", "--net", "sh", "-c"]
    if subprocess.run([*in_own_network, "ip link set lo up"], capture_output=True).returncode:
        raise Skipped("a command cannot have a network of its own here: that needs root")
    started = scene.start(*in_own_network[1:], 'ip link set lo up && exec "$0" "$@"', UNVANISH, *scene.command(), program="unshare")
    if scene.reaches(started, TRAINING, COHORT):
        for state, seconds in (("down", SILENCE), ("up", 0.0)):
            subprocess.run(["nsenter", "--net", "--target", str(started.pid), "ip", "link", "set", "lo", state], check=True)
            time.sleep(seconds)
    scene.check(started)
