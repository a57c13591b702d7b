"""A local store whose folder was moved or copied: its artifacts are those beside its database, wherever that is now.

MLflow keeps absolute addresses of artifacts. They are written anew where the database is found elsewhere, so that MLflow's own pages find the
artifacts too, and so that a copy neither reads nor writes what belongs to the original.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlLoggedModel, SqlRun
from sqlalchemy import Connection, func, select, update

from unvanish.suite.tracking.addresses import database_uri
from unvanish.suite.tracking.experiments import EXPERIMENTS
from unvanish.tasks.errors import UsageError

FOLDER = "artifacts"
ADDRESSES: tuple[Any, ...] = (
    SqlExperiment.artifact_location,
    SqlRun.artifact_uri,
    SqlLoggedModel.artifact_location,
    SqlModelVersion.source,
    SqlModelVersion.storage_location,
)


def artifacts_beside(database: Path) -> str:
    """Return the address of the folder of artifacts that belongs to a database file."""
    return (database.parent.resolve() / FOLDER).as_uri()


def address_to_read(database: Path) -> str:
    """Return the address at which to read a database file: its own, or that of a copy where nothing can be written beside it.

    SQLite needs to write beside a database with a write-ahead log, even to read it. Raises `UsageError` where no copy can be made.
    """
    return database_uri(database if can_be_written(database) else copy_to_read(database))


def can_be_written(database: Path) -> bool:
    """Return whether a database and its folder can be written."""
    return os.access(database.parent, os.W_OK) and os.access(database, os.W_OK)


@cache
def folder_of_copies() -> tempfile.TemporaryDirectory[str]:
    """The folder in which this process copies databases; it is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="unvanish-")


def copy_to_read(database: Path) -> Path:
    """Copy a database and its write-ahead log to where SQLite can open it; its artifacts are still those beside the original."""
    copy = Path(tempfile.mkdtemp(dir=folder_of_copies().name)) / database.name
    try:
        for suffix in ("", "-wal"):
            if (part := database.with_name(database.name + suffix)).exists():
                shutil.copyfile(part, copy.with_name(copy.name + suffix))
    except OSError as error:
        raise UsageError(f"the results at {database} cannot be read ({error.strerror}); copy the folder to where you can read and write it") from None
    return copy


def find_artifacts(connection: Connection, database: Path) -> None:
    """Make the addresses of a store's artifacts those beside this database file; addresses of other folders stay as they are."""
    new = artifacts_beside(database)
    for old in recorded_folders(connection) - {new}:
        for column in ADDRESSES:
            below = func.substr(column, 1, len(old) + 1) == f"{old}/"
            moved = update(column.class_).where(sqlalchemy.or_(column == old, below)).values({column: new + func.substr(column, len(old) + 1)})
            connection.execute(moved)


def recorded_folders(connection: Connection) -> set[str]:
    """The addresses of folders of artifacts beside a database, as the experiments of benchmarks have them: where the database was created, or was last."""
    if not sqlalchemy.inspect(connection).has_table(SqlExperiment.__tablename__):
        return set()
    found: Iterable[str | None] = connection.scalars(select(SqlExperiment.artifact_location).where(SqlExperiment.name.in_(list(EXPERIMENTS))))
    return {address for address in found if address and address.startswith("file:") and address.endswith(f"/{FOLDER}")}
