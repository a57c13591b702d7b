"""Faults of Dask: no workers, lost ones, a scheduler that dies, and a stranger at the scheduler of a run."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.faults.fault import fault
from tests.faults.processes import Started, processes_of, worker_processes
from tests.faults.scene import COHORT, OPENED, Scene

WORKER_TIMEOUT = 75  # seconds without any worker after which the run is to end; the first line about it comes after a minute


class Cluster:
    """A scheduler and workers as processes of their own."""

    def __init__(self, scene: Scene, workers: int) -> None:
        self.scene, self.file = scene, scene.folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        self.temporary = scene.folder / "dask"
        self.temporary.mkdir()
        self.scheduler = self.start("distributed.cli.dask_scheduler", *words)
        self.scheduler.wait_for(lambda: self.file.is_file() and self.file.read_text().strip().endswith("}"), 60)
        self.workers = [self.start_worker() for _ in range(workers)]

    @property
    def address(self) -> str:
        """The file with the address of the scheduler."""
        return str(self.file)

    def start_worker(self) -> Started:
        """Start a worker that knows the scheduler's file."""
        words = ("--scheduler-file", self.file, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return self.start("distributed.cli.dask_worker", *words)

    def start(self, module: str, *words: object) -> Started:
        """Start a process of the cluster, with temporary files of its own."""
        own = {"TMPDIR": str(self.temporary), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return self.scene.start("-m", module, *words, program=sys.executable, marked=False, **own)

    def command(self, *more: object) -> list[str]:
        """The words that train on this cluster."""
        return ["run", str(self.scene.profile), "--output", str(self.scene.output), "--scheduler", self.address, *map(str, more)]

    def stop(self) -> None:
        """End all of it at once."""
        for started in (*self.workers, self.scheduler):
            end(started)


def end(started: Started) -> None:
    """Kill a process and its group."""
    started.signal_group(signal.SIGKILL)
    started.process.wait()


@fault("Dask: no worker ever", tries=1)
def no_worker(scene: Scene) -> None:
    """A scheduler has no worker; a line says so with what to type, and the run ends in a sentence."""
    cluster = Cluster(scene, 0)
    try:
        scene.run(*cluster.command("--worker-timeout", WORKER_TIMEOUT), status=2, says=r"no worker(.|\n)*no worker")
    finally:
        cluster.stop()
    scene.resume()


@fault("Dask: all workers gone", tries=1)
def workers_gone(scene: Scene) -> None:
    """The only worker of a scheduler is killed in the training and none comes back; the run ends in a sentence, and goes on elsewhere."""
    cluster = Cluster(scene, 1)
    try:
        started = scene.start(*cluster.command("--worker-timeout", WORKER_TIMEOUT))
        scene.reaches(started, OPENED, COHORT)
        end(cluster.workers[0])
        scene.check(started, (0, 2))
    finally:
        cluster.stop()
    scene.resume()


@fault("Dask: scheduler killed")
def scheduler_killed(scene: Scene) -> None:
    """The scheduler is killed in the training; one sentence, what was trained is kept, and the run goes on elsewhere."""
    cluster = Cluster(scene, 1)
    try:
        started = scene.start(*cluster.command())
        scene.reaches(started, OPENED, COHORT)
        end(cluster.scheduler)
        scene.check(started, (0, 2))
    finally:
        cluster.stop()
    scene.resume()


@fault("Dask: a worker lost")
def worker_lost(scene: Scene) -> None:
    """One of two workers is killed in the training; the other one trains the rest."""
    cluster = Cluster(scene, 2)
    try:
        started = scene.start(*cluster.command())
        scene.reaches(started, OPENED, COHORT)
        end(scene.random.choice(cluster.workers))
        scene.check(started)
    finally:
        cluster.stop()
    scene.resume()


def listening_ports(numbers: list[int]) -> list[tuple[str, int]]:
    """The addresses and TCP ports that processes listen on."""
    sockets = set()
    for number in numbers:
        with suppress(OSError):
            sockets |= {link.readlink().name for link in Path(f"/proc/{number}/fd").iterdir() if link.is_symlink() and "socket:" in str(link.readlink())}
    inodes = {name.removeprefix("socket:[").removesuffix("]") for name in sockets}
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:  # in the state LISTEN
            host, port = fields[1].split(":")
            found.append((".".join(str(int(host[place : place + 2], 16)) for place in (6, 4, 2, 0)), int(port, 16)))
    return sorted(set(found))


# Whether a client without certificates can connect, or a page is served, at the ports given as words; a line for each that does.
STRANGER = """
import asyncio, sys, urllib.request
from distributed import Client
from distributed.comm import connect


async def scheduler(port):
    client = await Client(f"tcp://127.0.0.1:{port}", timeout="5s", asynchronous=True)
    await client.close()


async def comm(port):
    stream = await connect(f"tcp://127.0.0.1:{port}", timeout=5)
    await stream.write({"op": "identity", "reply": True})
    await asyncio.wait_for(stream.read(), 5)
    await stream.close()


def page(port):
    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()


for port in sys.argv[1:]:
    for name, attempt in (("scheduler", lambda: asyncio.run(scheduler(port))), ("message", lambda: asyncio.run(comm(port))), ("page", lambda: page(port))):
        try:
            attempt()
            print(port, name, flush=True)
        except BaseException:
            pass
"""


@fault("Dask: a stranger at the run's scheduler", tries=1)
def stranger(scene: Scene) -> None:
    """A client without the run's certificates speaks to every port of a run; none answers, none is beyond loopback, and the run is not disturbed."""
    started = scene.start(*scene.command())
    started.wait_for(lambda: worker_processes(scene.folder, started.pid))
    started.lives_for(4)
    ports = listening_ports(list(processes_of(scene.folder)))
    scene.notes.append(f"{len(ports)} ports")
    beyond = [host for host, _ in ports if not host.startswith("127.")]
    scene.expect(not beyond, f"listens at {', '.join(beyond)}")
    words = [sys.executable, "-c", STRANGER, *(str(port) for _, port in ports)]
    said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300).stdout.split("\n")
    scene.expect(not any(said), f"a stranger was answered at {'; '.join(filter(None, said))}")
    scene.check(started)
