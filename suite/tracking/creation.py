"""Create a new MLflow database as a whole: under another name, with the experiments in it, and moved into place only when it is complete.

A process that is killed meanwhile, or a full disk, leaves at most an unfinished file, which the next run removes.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy
from mlflow.entities import ExperimentTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from unvanish.suite.locking import exclusive
from unvanish.suite.tracking.addresses import database_uri
from unvanish.suite.tracking.experiments import EXPERIMENTS
from unvanish.suite.tracking.moved import artifacts_beside
from unvanish.tasks.errors import UsageError


def create_database(path: Path) -> None:
    """Create the database unless there is one; of several processes at once the first does, and the others wait for it.

    Raises `UsageError` where it cannot be created, and leaves nothing behind.
    """
    if exists(path):
        return
    try:
        with exclusive(path.with_name(f".{path.name}.lock"), timeout=-1):
            if exists(path):
                return
            unfinished = path.with_name(f".{path.name}.unfinished")
            remove(unfinished)
            try:
                fill(unfinished, artifacts_beside(path))
                os.replace(unfinished, path)
            finally:
                remove(unfinished)
    except (OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, MlflowException) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise UsageError(f"the tracking database {path} cannot be opened or created ({reason}); give a path that can be written, on a disk with room") from None


def exists(path: Path) -> bool:
    """An empty file is no database yet: SQLite leaves one when it is stopped at its first write."""
    return path.exists() and path.stat().st_size > 0


def fill(path: Path, artifacts: str) -> None:
    """Create all tables and the experiments in one file on the disk; nothing of it is left in a write-ahead log."""
    store = SqlAlchemyStore(database_uri(path), artifacts)
    try:
        for name, tags in EXPERIMENTS.items():
            store.create_experiment(name, artifacts, [ExperimentTag(key, value) for key, value in tags.items()])
    finally:
        store.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # SQLite syncs the file with it


def remove(path: Path) -> None:
    """An unfinished database and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
