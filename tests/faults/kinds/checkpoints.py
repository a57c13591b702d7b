"""Faults in the middle of a cohort, of which there is a checkpoint."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.fault import fault
from tests.faults.kinds.damage import empty, flip_bytes, halve
from tests.faults.processes import Started
from tests.faults.profiles import LONG
from tests.faults.scene import Scene

# The command with a checkpoint after nearly every block of steps, in place of one every two minutes.
OFTEN = """
from unvanish.suite.cli import main
from unvanish.suite.execution.checkpoints import folder

folder.INTERVAL = 0.05
main()
"""


def start(scene: Scene) -> Started:
    """Start the training with many checkpoints."""
    return scene.start("-c", OFTEN, *scene.command(), program=sys.executable)


def checkpoints(scene: Scene) -> list[Path]:
    """The checkpoints that are there."""
    return sorted((scene.output / "checkpoints").glob("[!.]*.checkpoint"))


def kill_within_cohort(scene: Scene, harm: Callable[[Path, random.Random], None] | None) -> None:
    """Kill the command once there is a checkpoint, harm that, and go on."""
    scene.write_profile(LONG)
    scene.expect_as_undisturbed()
    started = start(scene)
    reached = started.wait_for(lambda: checkpoints(scene))
    started.lives_for(scene.random.uniform(0.0, 1.0))
    scene.kill(started)
    found = checkpoints(scene)
    scene.expect(reached, "there was no checkpoint", started)
    scene.notes.append(f"{len(found)} checkpoints")
    for path in found if harm else ():
        harm(path, scene.random)
    scene.check(start(scene), says=("damaged" if harm else "go on from their checkpoints") if found else "")
    scene.expect(not checkpoints(scene), "checkpoints were left")


@fault("driver killed within a cohort")
def resumed_from_checkpoint(scene: Scene) -> None:
    """The command is killed (-9) in the middle of a cohort; it goes on from the checkpoint, to the same numbers."""
    kill_within_cohort(scene, None)


@fault("checkpoint damaged")
def damaged_checkpoint(scene: Scene) -> None:
    """The same, and the checkpoint is damaged: a sentence says so, and the cohort is trained from its beginning."""
    kill_within_cohort(scene, scene.random.choice((halve, flip_bytes, empty)))
