"""Faults of the disk: it is full, or cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.fault import Skipped, fault
from tests.faults.scene import REPORT, Scene

ROOM = 64  # MB of a disk that is large enough


@contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[None]:
    """A disk of its own at a folder, in memory; raises `Skipped` where this user may not mount one."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={megabytes * 1024:.0f}k", "none", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def mount(*words: str) -> None:
    """Mount or remount something; raises `Skipped` where this user may not."""
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"a disk of its own cannot be mounted here: {done.stderr.strip()}")


def remount(folder: Path, options: str) -> None:
    """Change the options of a mounted disk."""
    mount("-o", f"remount,{options}", str(folder))


@fault("disk full in training")
def full_disk(scene: Scene) -> None:
    """The disk of the results is full at a drawn number of bytes; one sentence, and once there is room the same command goes on."""
    megabytes = scene.random.uniform(1.6, 6.0)
    scene.notes.append(f"{megabytes:.1f} MB")
    with small_disk(scene.output, megabytes):
        scene.check(scene.start(*scene.command()), (0, 2))
        scene.running = 0  # nothing can be written to a store whose disk is full
        remount(scene.output, f"size={ROOM}m")
        scene.resume()
        scene.keep_results()


@fault("disk full at the page")
def full_at_the_page(scene: Scene) -> None:
    """The disk is filled while the report is written and attached; one sentence, and once there is room the same command goes on."""
    with small_disk(scene.output, ROOM):
        started = scene.start(*scene.command())
        started.wait_for_line(REPORT)
        left = scene.random.randrange(0, 300_000)
        scene.notes.append(f"{left // 1000} kB left")
        filler = scene.output / "filler"
        filler.write_bytes(bytes(max(shutil.disk_usage(scene.output).free - left, 0)))
        scene.check(started, (0, 2))
        scene.running = 0
        filler.unlink()
        scene.resume()
        scene.keep_results()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written: by its mode, or by a mount for the superuser, who may write anything."""
    if os.geteuid():
        paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in paths:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path in paths:
                path.chmod(0o755)
        return
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@fault("read-only folder", tries=1)
def read_only_folder(scene: Scene) -> None:
    """The folder of the results cannot be written: an empty one ends in a sentence, and a finished one can still be read or says why not."""
    scene.output.mkdir()
    with read_only(scene.output):
        scene.run(*scene.command(), status=2)
    scene.restore()
    with read_only(scene.output):
        scene.run(*scene.command(), status=2)
        scene.run(*scene.advise(), status=(0, 2))
        scene.run("report", "--output", scene.output, status=(0, 2))
    scene.resume()
