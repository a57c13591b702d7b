"""Faults of plug-ins: a part that fails costs its own results alone, looks failed, and is tried again when that is asked for."""

from __future__ import annotations

from tests.faults.fault import fault
from tests.faults.profiles import FRAGILE, HANGING, HANGING_TASK, RAISING_REFERENCE, TINY
from tests.faults.scene import TRAINING, Scene


@fault("reference predictor raises", tries=1)
def reference_raises(scene: Scene) -> None:
    """A reference predictor raises at the end; a line says so, and the page has all the rest."""
    scene.restore()
    plugin = scene.write("raising.py", RAISING_REFERENCE)
    (scene.output / "report.html").unlink()
    scene.run(*scene.command("--plugin", plugin), says="raising")
    scene.expect((scene.output / "report.html").is_file(), "the page is missing")


@fault("task hangs, with --cohort-timeout", tries=1)
def task_hangs(scene: Scene) -> None:
    """A task never returns in a worker; with --cohort-timeout its conditions are failed, and the others are trained."""
    plugin = scene.write("hanging.py", HANGING)
    scene.write_profile(TINY + HANGING_TASK)
    given = ("--plugin", plugin, "--cohort-timeout", f"{scene.patience(25):.0f}")
    ended = scene.run(*scene.command(*given), status=1, says="made no progress for")
    scene.expect("0/2" not in hanging_rows(ended.output), "failed conditions are shown like solved 0 of 2", ended)


def hanging_rows(printed: str) -> str:
    """The lines of what was printed that are about the task."""
    return "\n".join(line for line in printed.splitlines() if "hanging" in line)


@fault("failed conditions, --retry-failed", tries=1)
def retry_failed(scene: Scene) -> None:
    """A mitigation fails: its conditions are shown as failed, stay failed when the run goes on, and are trained by --retry-failed once it is mended."""
    flag = scene.write("fails", "")
    plugin = scene.write("fragile.py", FRAGILE.format(flag=str(flag)))
    given = scene.command("--plugin", plugin)
    flag.unlink()  # the check before the training must pass
    started = scene.start(*given)
    started.wait_for_line(TRAINING)
    flag.write_text("")
    scene.check(started, 1)
    row = next((line.split() for line in started.printed if line.split()[:1] == ["rnn"]), [])
    scene.expect("failed" in row and row.count("0/2") <= 2, f"failed conditions are shown as {row}", started)
    kept = scene.run(*given, status=1)
    scene.expect(scene.trained_cohorts(kept) == 0, "failed conditions were trained again without --retry-failed", kept)
    flag.unlink()
    scene.run(*given, "--retry-failed")
