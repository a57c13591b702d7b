"""Faults of the folder of the results: it is moved, copied, or has a name that a URL, a shell or a file system reads otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from tests.faults.fault import fault
from tests.faults.scene import Scene
from tests.faults.store import digest

NAMES = {
    "a question mark": "a?b",
    "# and &": "a#b&c=d",
    "quotes": "quote ' and \"",
    "Unicode": "zwölf 东西 🌵",
    "a line break": "line\nbreak",
    "a percent code": "percent%41",
    "shell characters": "-dash;semicolon $HOME `x`",
}


@fault("folder moved", tries=1)
def moved(scene: Scene) -> None:
    """Finished results are moved; they can be read, nothing is trained again, and the old place stays empty."""
    scene.restore()
    old, new = scene.output, scene.folder / "elsewhere" / "moved"
    new.parent.mkdir()
    shutil.move(old, new)
    scene.place_results(new)
    scene.run("report", "--output", new)
    scene.run(*scene.advise())
    again = scene.resume()
    scene.expect(scene.trained_cohorts(again) == 0, "what was done was trained again", again)
    scene.expect(not old.exists(), "the old place was created again")


def in_copy(scene: Scene, *, without_artifacts: bool) -> None:
    """Train in a copy; nothing of the original may change."""
    scene.restore()
    original, copy = scene.output, scene.folder / "copy"
    shutil.copytree(original, copy)
    before = digest(original)
    scene.place_results(copy)
    if without_artifacts:
        shutil.rmtree(copy / "artifacts")
        scene.run("report", "--output", copy, status=(0, 2))
        scene.resume()
    else:
        scene.run("report", "--output", copy)
        scene.resume("--fresh")
    scene.expect(digest(original) == before, "the original was changed")


@fault("folder copied", tries=1)
def copied(scene: Scene) -> None:
    """Finished results are copied, and all is trained anew in the copy; the original stays as it is, to the byte."""
    in_copy(scene, without_artifacts=False)


@fault("copied without artifacts", tries=1)
def copied_without_artifacts(scene: Scene) -> None:
    """Of a copy the artifacts are deleted; it does not read those of the original, and is healed by a run."""
    in_copy(scene, without_artifacts=True)


@fault("name with % beside its meaning", tries=1)
def percent_beside_space(scene: Scene) -> None:
    """Results in `a%20b` beside those in `a b`: neither reads nor writes the other's."""
    scene.restore()
    beside = scene.folder / "a b"
    shutil.move(scene.output, beside)
    before = digest(beside)
    scene.place_results(scene.folder / "a%20b")
    scene.run("report", "--output", scene.output, status=2)
    scene.resume()
    scene.expect(digest(beside) == before, "the folder 'a b' was changed")


def results_in(name: str) -> Callable[[Scene], None]:
    """The fault of a folder with this name."""

    def train_in(scene: Scene) -> None:
        """Results in a folder of this name are complete, in their place, and can be read again."""
        scene.place_results(scene.folder / name)
        expected = {*(path.name for path in scene.folder.iterdir()), name}
        scene.run(*scene.command())
        scene.run("report", "--output", scene.output)
        found = {path.name for path in scene.folder.iterdir()}
        scene.expect(found == expected, f"written beside the folder: {sorted(found - expected)}")

    return train_in


for title, name in NAMES.items():
    fault(f"output name with {title}", tries=1)(results_in(name))


@fault("name of 300 characters", tries=1)
def long_name(scene: Scene) -> None:
    """A folder name that no file system takes ends in a sentence."""
    scene.restore()
    output = scene.folder / ("n" * 300)
    scene.run("run", scene.profile, "--output", output, status=2)
    scene.run("report", "--output", output, status=2)
