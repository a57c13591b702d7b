"""Faults of stored files: what is damaged is set aside with a sentence and trained again, and nothing in it is executed."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path

from tests.faults.fault import fault
from tests.faults.scene import Scene

PLAN = "plan.json"


def artifacts(output: Path, name: str) -> list[Path]:
    """The files of this name among those of runs, in order; of the tables without the copies that are attached to the benchmark's own run."""
    found = sorted((output / "artifacts").rglob(name))
    return [path for path in found if path.name == PLAN or not (path.parent / PLAN).exists()]


def flip_bytes(path: Path, draw: random.Random) -> None:
    """Change sixteen bytes of a file."""
    content = bytearray(path.read_bytes())
    for place in draw.sample(range(len(content)), min(16, len(content))):
        content[place] ^= 1 + draw.randrange(255)
    path.write_bytes(bytes(content))


def halve(path: Path, draw: random.Random) -> None:
    """Cut a file off in its middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, draw: random.Random) -> None:
    """Leave nothing of a file but its name."""
    path.write_bytes(b"")


def remove(path: Path, draw: random.Random) -> None:
    """Delete a file."""
    path.unlink()


class Executes:
    """An object that, unpickled, creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.path), "w")


def damage(scene: Scene, name: str, harm: Callable[[Path, random.Random], None]) -> Path:
    """Harm a file of this name, drawn from those of finished results, and return it."""
    scene.restore()
    path = scene.random.choice(artifacts(scene.output, name))
    scene.notes.append(str(path.relative_to(scene.output / "artifacts"))[:8])
    harm(path, scene.random)
    return path


def read_and_heal(scene: Scene, reading: tuple[int, ...] = (0, 2)) -> None:
    """Read the results, which gives a sentence and no traceback, then train again what is damaged."""
    scene.run("report", "--output", scene.output, status=reading)
    scene.run(*scene.advise(), status=reading)
    healed = scene.run(*scene.command())
    scene.expect("damaged" in healed.stderr or "missing" in healed.stderr, "the run did not say what was damaged", healed)


@fault("half a trials.parquet")
def half_trials(scene: Scene) -> None:
    """The table of trials of a condition is cut in its middle."""
    damage(scene, "trials.parquet", halve)
    read_and_heal(scene)


@fault("empty curves.parquet")
def empty_curves(scene: Scene) -> None:
    """The table of curves of a condition is empty."""
    damage(scene, "curves.parquet", empty)
    read_and_heal(scene)


@fault("missing gradients.parquet")
def missing_gradients(scene: Scene) -> None:
    """The table of gradients of a condition is gone."""
    damage(scene, "gradients.parquet", remove)
    read_and_heal(scene)


@fault("plan.json damaged")
def damaged_plan(scene: Scene) -> None:
    """The plan of the benchmark is cut in its middle or has other bytes."""
    damage(scene, PLAN, scene.random.choice((halve, flip_bytes, empty)))
    scene.run("report", "--output", scene.output, status=(0, 2))
    scene.run(*scene.advise(), status=(0, 2))
    scene.run(*scene.command())


def export(scene: Scene, path: Path) -> None:
    """Export the network whose weights are at a path, which must end in a sentence; then train it again."""
    run_id = path.parent.parent.name
    scene.run("export", run_id, scene.folder / "network.keras", "--output", scene.output, status=2)
    healed = scene.run(*scene.command())
    scene.expect("damaged" in healed.stderr, "the run did not say what was damaged", healed)


@fault("weights.npz damaged")
def damaged_weights(scene: Scene) -> None:
    """The weights of a trial have other bytes, or end in their middle."""
    export(scene, damage(scene, "weights.npz", scene.random.choice((halve, flip_bytes, empty))))


@fault("pickle in place of weights.npz")
def pickled_weights(scene: Scene) -> None:
    """A pickle lies in place of the weights of a trial; it is never run."""
    trap = scene.folder / "executed"
    export(scene, damage(scene, "weights.npz", lambda path, draw: path.write_bytes(pickle.dumps(Executes(trap)))))
    scene.expect(not trap.exists(), "the pickle was executed")
