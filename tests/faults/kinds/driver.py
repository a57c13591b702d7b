"""Faults of the process of the command: it is killed, asked to end, or started twice."""

from __future__ import annotations

import signal

from tests.faults.fault import fault
from tests.faults.scene import BEGUN, COHORT, OPENED, REPORT, TRAINING, Scene
from tests.faults.store import read_runs

KILLS = 8
PRESSES = 5


@fault("driver killed 8 times")
def kill_driver(scene: Scene) -> None:
    """The command is killed (-9) eight times, soon after any of the lines that it tells, and each time started again; what was recorded stays."""
    kills, more = 0, []
    while kills < KILLS:
        before, started = scene.finished_now(), scene.start(*scene.command(*more))
        if scene.reaches(started, BEGUN, OPENED, TRAINING, TRAINING, TRAINING, COHORT, REPORT):
            scene.kill(started)
            kills, more = kills + 1, []
        else:  # it was done before the line came, or soon after it: all is trained anew
            scene.check(started)
            more = ["--fresh"]
        scene.lost += len(before - scene.finished_now())
    scene.resume()


def end_by_signal(scene: Scene, number: signal.Signals, status: int, times: int = 1, fresh: bool = False) -> None:
    """Send a signal to the group at any moment since the command's first line, so many times with up to a second between."""
    started = scene.start(*scene.command(*["--fresh"] * fresh))
    if scene.reaches(started, BEGUN, OPENED, TRAINING, COHORT, REPORT):
        for _ in range(times):
            started.signal_group(number)
            started.lives_for(scene.random.uniform(0.0, 1.0))
        scene.check(started, status)
    else:
        scene.check(started)


@fault("Ctrl-C")
def interrupt(scene: Scene) -> None:
    """Ctrl-C once; the command ends with 130, its runs are KILLED, and the same command goes on."""
    end_by_signal(scene, signal.SIGINT, 130)
    scene.resume()


@fault("Ctrl-C five times")
def interrupt_again(scene: Scene) -> None:
    """Ctrl-C five times within a few seconds; the same as once."""
    end_by_signal(scene, signal.SIGINT, 130, PRESSES)
    scene.resume()


@fault("SIGTERM")
def terminate(scene: Scene) -> None:
    """SIGTERM to the whole group, as a service manager sends it; status 143."""
    end_by_signal(scene, signal.SIGTERM, 143)
    scene.resume()


@fault("SIGHUP")
def hang_up(scene: Scene) -> None:
    """SIGHUP to the whole group, as a closed terminal sends it; status 129."""
    end_by_signal(scene, signal.SIGHUP, 129)
    scene.resume()


def run_twice(scene: Scene, *lines: str) -> None:
    """Start the same command twice, at once or after one of these lines; one must end with a sentence that has the number of the other one's process."""
    first = scene.start(*scene.command())
    if lines:
        scene.reaches(first, *lines)
    second = scene.start(*scene.command())
    first.wait_for(lambda: second.ended)
    if second.ended and not first.ended:
        scene.check(second, 2, rf"\b{first.pid}\b", alone=False)
        scene.running = 0  # the first one goes on
        scene.check(first)
    else:
        scene.expect(not lines, "the first one ended before the second", first)
        scene.check(first, 2, rf"\b{second.pid}\b", alone=False)
        scene.running = 0
        scene.check(second)


@fault("two runs at once")
def two_at_once(scene: Scene) -> None:
    """Two runs into one folder at the same moment; one is done, the other one refused."""
    run_twice(scene)


@fault("two runs seconds apart")
def two_apart(scene: Scene) -> None:
    """A run into the folder of another one that is under way; it is refused."""
    run_twice(scene, BEGUN, OPENED, TRAINING)


@fault("--fresh interrupted")
def fresh_interrupted(scene: Scene) -> None:
    """Ctrl-C in a run with --fresh over finished results, then the same command without it; nothing that is reported is older than --fresh."""
    scene.restore()
    before = {run.run_id for run in read_runs(scene.database)}
    end_by_signal(scene, signal.SIGINT, 130, fresh=True)
    started_anew = {run.run_id for run in read_runs(scene.database)} - before
    scene.resume()
    reported = scene.reported_runs()
    if started_anew:
        scene.expect(not reported & before, f"{len(reported & before)} of {len(reported)} reported trials are older than --fresh")
