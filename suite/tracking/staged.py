"""A condition or a table of reference predictors as plain files, complete or not there at all: what is trained is kept so until the store has it.

A staged folder holds all that is sent of it, so that whoever sends it needs neither plug-ins nor the profile, and no pickle:

    condition.json          the runs of the condition and of its evaluation trials, and the description of its model
    trials.parquet          a row a trial; the ids of the runs are added when these exist
    tables/NAME.parquet     curves, probes, gradients
    trial-N/weights.npz     of the evaluation trial with this number
    model/                  the files of the logged model, but for MLmodel

or `references.json` and `tables/references.parquet`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from time import time, time_ns
from typing import Any, Literal
from uuid import uuid4

from pydantic import Field

from unvanish.suite.experiment.plan_record import Record
from unvanish.suite.output import atomic_write
from unvanish.suite.tracking.artifacts import digest

UNFINISHED = "."  # the first character of the name of a folder that is being written
MODEL, TABLES = "model", "tables"


class StagedTrial(Record):
    """The run of an evaluation trial.

    row      of the table of trials
    curves   steps and values by name, finite and thinned
    """

    row: int
    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    curves: dict[str, list[tuple[int, float]]]
    status: Literal["FINISHED", "FAILED"]

    @property
    def folder(self) -> str:
        """The folder of its artifacts within the staged folder."""
        return f"trial-{self.row}"


class StagedModel(Record):
    """The best evaluation trial of a condition as a logged model; `mlmodel` is the content of its file MLmodel without ids, `step` that of the output."""

    name: str
    model_type: str
    row: int
    tags: dict[str, str]
    params: dict[str, str]
    step: int
    mlmodel: dict[str, Any]


class StagedCondition(Record):
    """The run of a condition; `time` is when it was trained, in ms since 1970."""

    benchmark_run: str
    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    status: Literal["FINISHED", "FAILED"]
    trials: list[StagedTrial]
    model: StagedModel | None
    checksums: dict[str, str] = {}
    time: int = Field(default_factory=lambda: int(time() * 1000))


class StagedReferences(Record):
    """All results of reference predictors of a benchmark."""

    benchmark_run: str
    checksums: dict[str, str] = {}


Staged = StagedCondition | StagedReferences
FILES: dict[type[Record], str] = {StagedCondition: "condition.json", StagedReferences: "references.json"}


def stage(folder: Path, item: Staged, write_files: Callable[[Path], None]) -> Path:
    """Write an item into a new folder below `folder`, after the files that `write_files` writes there, and return it once it is on the disk.

    Names of staged folders sort in the order they were written. Raises `OSError` where the disk is full; nothing is left then.
    """
    name = f"{time_ns():020d}-{uuid4().hex[:8]}"
    unfinished, finished = folder / (UNFINISHED + name), folder / name
    try:
        unfinished.mkdir(parents=True)
        write_files(unfinished)
        files = [path for path in sorted(unfinished.rglob("*")) if path.is_file()]
        checksums = {path.relative_to(unfinished).as_posix(): digest(path.read_bytes()) for path in files}
        record = unfinished / FILES[type(item)]
        record.write_text(item.model_copy(update={"checksums": checksums}).model_dump_json(), encoding="utf-8")
        for path in (*files, record, *{path.parent for path in files}, unfinished):
            sync(path)
        os.rename(unfinished, finished)
        sync(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return finished


def staged_folders(folder: Path) -> list[Path]:
    """The staged folders below a folder, in the order they were written; what a process that was killed left unfinished is removed."""
    if not folder.is_dir():
        return []
    for unfinished in folder.glob(f"{UNFINISHED}*-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(path for path in folder.glob("[0-9]*-*") if any((path / name).is_file() for name in FILES.values()))


def read_staged(folder: Path) -> Staged:
    """Return the item in a staged folder; raises `ValueError` where one of its files is damaged or missing."""
    kind, name = next((kind, name) for kind, name in FILES.items() if (folder / name).is_file())
    item = kind.model_validate_json((folder / name).read_bytes())
    assert isinstance(item, Staged)
    for path, checksum in item.checksums.items():
        if not (folder / path).is_file() or digest((folder / path).read_bytes()) != checksum:
            raise ValueError(f"the file {path} is damaged")
    return item


def replace_text(path: Path, text: str) -> None:
    """Write a file that is added to a staged folder when it is sent; an earlier one may have been linked to elsewhere and stays as it is there."""
    with atomic_write(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
