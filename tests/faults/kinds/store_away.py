"""Faults of the store: its database is locked, its server goes away. What was trained is not trained again."""

from __future__ import annotations

import signal
import socket
import sys
import urllib.request
from contextlib import closing, suppress
from time import sleep

from tests.faults.fault import fault
from tests.faults.processes import Started
from tests.faults.profiles import COHORTS
from tests.faults.scene import COHORT, TRAINING, Scene
from tests.faults.store import connect


def check_trained_once(scene: Scene, *started: Started) -> None:
    """Count cohorts that were trained more than once as lost."""
    again = scene.trained_cohorts(*started) - COHORTS
    if again > 0:
        scene.lost += again
        scene.note(None, f"{again} cohorts were trained a second time")


def lock_database(scene: Scene, seconds: float) -> None:
    """Hold an exclusive transaction on the database for some seconds, from a moment of the training on."""
    started = scene.start(*scene.command())
    scene.reaches(started, TRAINING, COHORT)
    with closing(connect(scene.database, to_write=True)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        sleep(seconds)  # also where the command gives up meanwhile
        connection.rollback()
    scene.check(started, (0, 2))
    check_trained_once(scene, started, scene.resume())


@fault("database locked 30 s")
def lock_for_half_a_minute(scene: Scene) -> None:
    """Another process holds the database for 30 s; nothing that was trained is lost."""
    lock_database(scene, 30.0)


@fault("database locked 60 s")
def lock_for_a_minute(scene: Scene) -> None:
    """The same for 60 s."""
    lock_database(scene, 60.0)


class Server:
    """An MLflow server of one try, on a port that stays its own while it is stopped."""

    def __init__(self, scene: Scene) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.scene, self.address = scene, f"http://127.0.0.1:{self.port}"
        (scene.folder / "server").mkdir()
        scene.place_results(scene.output, scene.folder / "server" / "server.db")
        self.process: Started | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        folder = self.scene.folder / "server"
        store = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", folder / "files"]
        words = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", self.port, "--workers", "1", *store]
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "TMPDIR": str(folder)}
        self.process = self.scene.start(*words, program=sys.executable, marked=False, **quiet)
        self.process.wait_for(self.answers, 120)

    def answers(self) -> bool:
        """Return whether the server answers."""
        with suppress(OSError):
            urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
            return True
        return False

    def stop(self) -> None:
        """End the server at once."""
        if self.process:
            self.process.signal_group(signal.SIGKILL)
            self.process.process.wait()


@fault("tracking server away 20 s")
def server_away(scene: Scene) -> None:
    """The MLflow server is killed at a moment of the training and started again 20 s later; nothing that was trained is lost."""
    server = Server(scene)
    try:
        server.start()
        started = scene.start(*scene.command("--tracking-uri", server.address))
        scene.reaches(started, TRAINING, COHORT)
        server.stop()
        sleep(20)
        server.start()
        scene.check(started, (0, 2))
        check_trained_once(scene, started, scene.resume("--tracking-uri", server.address))
    finally:
        server.stop()


@fault("tracking server away for good, then sync", tries=1)
def server_gone(scene: Scene) -> None:
    """The MLflow server is killed in the training and stays away until the run has ended; `unvanish sync` sends what was trained."""
    server = Server(scene)
    try:
        server.start()
        started = scene.start(*scene.command("--tracking-uri", server.address))
        scene.reaches(started, TRAINING, COHORT)
        server.stop()
        scene.check(started, 2, "unvanish sync")
        scene.running = 0  # nothing can be told to a server that is away
        server.start()
        scene.run("sync", "--output", scene.output, "--tracking-uri", server.address)
        check_trained_once(scene, started, scene.resume("--tracking-uri", server.address))
    finally:
        server.stop()
