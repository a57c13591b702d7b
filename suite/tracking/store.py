"""The store behind an address: a client of it, its experiments, and a database of one's own where there is none yet."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_TRUNCATE_LONG_VALUES", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")  # seconds of a server that accepts and says nothing
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # it is looked for anew for each of hundreds of files
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # a line for each run, with the password of the address

import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service import utils

from unvanish.suite.redaction import redact
from unvanish.suite.tracking.addresses import database_file, database_uri, is_server
from unvanish.suite.tracking.creation import create_database
from unvanish.suite.tracking.experiments import EXPERIMENTS
from unvanish.suite.tracking.moved import address_to_read, artifacts_beside, find_artifacts
from unvanish.tasks.errors import UsageError

logging.getLogger("alembic").setLevel(logging.WARNING)
logging.getLogger("mlflow").setLevel(logging.WARNING)
# These print the traceback, or a line a request, of what is said once in a sentence.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Unreachable(UsageError):
    """A store that nobody answers for, or that cannot be used now."""


def connect(uri: str, original: Path | None = None) -> MlflowClient:
    """A client of the store at `uri`; raises `Unreachable` where nobody answers or no store can be opened, and `UsageError` for what is no address.

    original    the database file of which that at `uri` is a copy, which has its artifacts beside it
    """
    address, shown = urlparse(uri), redact(uri)
    if is_server(uri):
        try:
            port = address.port or (443 if address.scheme == "https" else 80)
            socket.create_connection((address.hostname or "", port), timeout=5).close()
        except (OSError, ValueError) as error:
            raise Unreachable(
                f"nobody answers at the tracking address {shown} ({redact(error, uri)}); "
                "start a server there with 'mlflow server', or leave the address out to use a file in the output folder"
            ) from None
    elif address.scheme.partition("+")[0] not in ("sqlite", "postgresql", "mysql", "mssql"):
        raise UsageError(f"the tracking address {shown} is not one MLflow can use here; give one that starts with http://, https:// or sqlite:///")
    elif file := database_file(uri):
        uri = database_uri(file)
        prepare(file, original or file)
    utils._artifact_repos_cache.clear()  # by the ids of runs, which a copy of the folder, perhaps opened before, has too
    try:
        client = MlflowClient(uri)
        client.search_experiments(max_results=1)
    except Exception as error:  # MLflow passes on what its database driver or the server raised
        raise Unreachable(f"the tracking address {shown} cannot be used: {first_line(error, uri)}; give the address of an MLflow server or database") from None
    return client


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def set_up_connection(connection: Any, _: Any) -> None:
    """Wait for another process's lock as long as MLflow does; and commit without waiting for the disk, by which a killed process loses nothing."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA busy_timeout=20000")  # ms
        connection.execute("PRAGMA synchronous=NORMAL")


def prepare(file: Path, original: Path) -> None:
    """Double the rate of small commits to a database, for as long as it lives, and find its artifacts; raises `UsageError` where it is none."""
    uri = database_uri(file)
    engine = sqlalchemy.create_engine(uri)
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("PRAGMA journal_mode=WAL"))
        with engine.begin() as connection:
            find_artifacts(connection, original)
    except sqlalchemy.exc.DatabaseError as error:
        raise UsageError(f"the tracking address {redact(uri)} cannot be opened ({first_line(error.orig, uri)}); give a path that can be written") from None
    finally:
        engine.dispose()


def first_line(error: object, *addresses: str) -> str:
    """The first line of an error, shortened, without passwords."""
    return redact(str(error).strip().split("\n")[0], *addresses)[:200]


@dataclass(frozen=True)
class Store:
    """A client of a store, and the ids of its experiments by level."""

    client: MlflowClient
    benchmarks: str
    conditions: str
    trials: str


def open_or_create(uri: str, output: Path) -> Store:
    """The store at an address; what is missing is created, a database only as a whole.

    Artifacts lie beside a database file, in `output` for any other database, and where a server puts them.
    """
    file = database_file(uri)
    if file is not None:
        create_database(file)
    client = connect(uri)
    location = None if is_server(uri) else artifacts_beside(file or output / "mlflow.db")
    return Store(client, *(find_or_create(client, redact(uri), name, tags, location) for name, tags in EXPERIMENTS.items()))


def find_or_create(client: MlflowClient, shown: str, name: str, tags: dict[str, str], location: str | None) -> str:
    """The id of an experiment, whose views are those of this version; raises `UsageError` where it was deleted."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return client.create_experiment(name, artifact_location=location, tags=tags)
        except MlflowException:  # another process has just created it
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment.lifecycle_stage == "deleted":
        raise UsageError(f"the experiment {name} at {shown} is deleted; restore it with 'mlflow experiments restore', or use another address")
    set_views(client, experiment, tags)
    return experiment.experiment_id


def set_views(client: MlflowClient, experiment: Experiment, tags: dict[str, str]) -> None:
    """Write those of an experiment's tags that another version wrote otherwise."""
    for key, value in tags.items():
        if experiment.tags.get(key) != value:
            client.set_experiment_tag(experiment.experiment_id, key, value)


def refresh_views(store: Store) -> None:
    """Make the views of a store those of this version; a store that cannot be written keeps those it has."""
    with suppress(MlflowException, sqlalchemy.exc.SQLAlchemyError):
        for experiment_id, tags in zip((store.benchmarks, store.conditions, store.trials), EXPERIMENTS.values(), strict=True):
            set_views(store.client, store.client.get_experiment(experiment_id), tags)


def open_existing(uri: str) -> Store:
    """The store at an address; raises `UsageError` where nothing has been tracked yet, and creates nothing."""
    file = database_file(uri)
    if file is not None:
        if not os.path.isfile(file):  # also of a name that no file can have
            raise UsageError(f"there are no results at {file}; run a benchmark first: unvanish run quick")
        uri = address_to_read(file)
    client = connect(uri, file)
    experiments = [experiment for experiment in map(client.get_experiment_by_name, EXPERIMENTS) if experiment]
    if len(experiments) < len(EXPERIMENTS):
        raise UsageError(f"there are no results at {redact(uri)}; run a benchmark first: unvanish run quick")
    return Store(client, *(experiment.experiment_id for experiment in experiments))


def search(client: MlflowClient, experiment_id: str, condition: str) -> list[Run]:
    """Return all runs that meet a filter, newest first, whatever their number."""
    runs: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment_id], condition, max_results=1000, order_by=["attributes.start_time DESC"], page_token=token)
        runs += page
        token = page.token
        if not token:
            return runs
