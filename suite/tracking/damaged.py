"""Conditions of which a file is missing or is not what was written: found, told, and set aside, so that they are trained again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from mlflow.entities import Run
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlRun, SqlTag
from sqlalchemy import Connection, select

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.redaction import redact
from unvanish.suite.tracking.addresses import database_file, is_server
from unvanish.suite.tracking.artifacts import CHECKSUMS, OF_MODEL, damage, keep_aside, local_folder
from unvanish.suite.tracking.store import Store, search

SET_ASIDE = "set_aside"  # the tag of the run of a condition that does not count any more: why
MOST_TOLD = 3


@dataclass(frozen=True)
class DamagedCondition:
    """A condition that cannot count.

    run_id, label   of its run
    reason          what is wrong with the first of its damaged files
    files           the damaged ones that were found: the address of the folder and the name of each
    """

    run_id: str
    label: str
    reason: str
    files: tuple[tuple[str, str], ...]


def of_run(run: Run, reason: str, name: str) -> DamagedCondition:
    """A condition of which this file could not be read."""
    return DamagedCondition(run.info.run_id, str(run.info.run_name), reason, ((run.info.artifact_uri, name),))


def sentence(damaged: Sequence[DamagedCondition]) -> str:
    """Say which conditions are damaged, and how."""
    told = [f"{condition.label} ({condition.reason})" for condition in damaged[:MOST_TOLD]]
    more = [f"{len(damaged) - MOST_TOLD} more"] if len(damaged) > MOST_TOLD else []
    return f"{len(damaged)} condition{'s have' if len(damaged) > 1 else ' has'} damaged files: {', '.join(told + more)}"


def mend_command(plan: PlanRecord, uri: str, recorded: str) -> str:
    """The command that goes on with a benchmark, and so trains again what is damaged: into the folder of its database, wherever that is now."""
    file = database_file(uri)
    place = ("--output", str(file.parent)) if file else ("--tracking-uri", redact(uri))
    return plan.command(*place) or recorded or "the same call of unvanish.run"


def set_aside(store: Store, damaged: Sequence[DamagedCondition]) -> None:
    """Make conditions count no longer, as if they had been interrupted; their damaged files get another name."""
    for condition in damaged:
        for address, name in condition.files:
            keep_aside(address, name)
        store.client.set_tag(condition.run_id, SET_ASIDE, redact(condition.reason))
        for trial in search(store.client, store.trials, f"tags.mlflow.parentRunId = '{condition.run_id}'"):
            store.client.update_run(trial.info.run_id, "KILLED")
        store.client.update_run(condition.run_id, "KILLED")  # last: until then the next run finds it damaged again


def damaged_conditions(store: Store, fingerprints: Collection[str]) -> list[DamagedCondition]:
    """Return the conditions with these fingerprints that have ended and of which a file of this machine is damaged: a table, a model, or weights.

    Nothing is read of a server, whose files would all have to come over the network, nor of a database whose files are on another machine.
    """
    if not files_are_here(store):
        return []
    engine = sqlalchemy.create_engine(store.client.tracking_uri)
    try:
        with engine.connect() as connection:
            recorded = recorded_files(connection, int(store.conditions), fingerprints)
    finally:
        engine.dispose()
    return [condition for run_id, (label, files) in recorded.items() if (condition := examine(run_id, label, files))]


def files_are_here(store: Store) -> bool:
    """Return whether the artifacts of a store belong on this machine."""
    uri = store.client.tracking_uri
    folder = None if is_server(uri) else local_folder(store.client.get_experiment(store.conditions).artifact_location)
    return folder is not None and (database_file(uri) is not None or folder.is_dir())


Files = list[tuple[str, dict[str, str]]]  # the address of a folder, and the digest of each of its files


def recorded_files(connection: Connection, experiment: int, fingerprints: Collection[str]) -> dict[str, tuple[str, Files]]:
    """The label of each condition that has ended, by its run, and the files of it, of its evaluation trials and of its model."""
    fingerprint, parent = (tags(connection, key) for key in ("fingerprint", "mlflow.parentRunId"))
    ended: Any = (SqlRun.experiment_id == experiment) & SqlRun.status.in_(["FINISHED", "FAILED"]) & (SqlRun.lifecycle_stage == "active")
    labels = connection.execute(select(SqlRun.run_uuid, SqlRun.name).where(ended))
    found: dict[str, tuple[str, Files]] = {run_id: (label, []) for run_id, label in labels if fingerprint.get(run_id) in fingerprints}
    models = select(SqlLoggedModel.source_run_id, SqlLoggedModel.artifact_location).where(SqlLoggedModel.lifecycle_stage == "active")
    model_of = dict(connection.execute(models).tuples().all())
    addresses = dict(connection.execute(select(SqlRun.run_uuid, SqlRun.artifact_uri)).tuples().all())
    for run_id, value in tags(connection, CHECKSUMS).items():
        if (condition := run_id if run_id in found else parent.get(run_id, "")) in found:
            checksums = json.loads(value)
            of_model = {name: checksum for name, checksum in checksums.items() if name.startswith(OF_MODEL)}
            files = found[condition][1]
            files.append((addresses[run_id], {name: checksum for name, checksum in checksums.items() if name not in of_model}))
            files.append((model_of.get(run_id, ""), {name.removeprefix(OF_MODEL): checksum for name, checksum in of_model.items()}))
    return found


def tags(connection: Connection, key: str) -> dict[str, str]:
    """The values of a tag, by run."""
    return dict(connection.execute(select(SqlTag.run_uuid, SqlTag.value).where(SqlTag.key == key)).tuples().all())


def examine(run_id: str, label: str, files: Files) -> DamagedCondition | None:
    """Return a condition with its damaged files; None where none is damaged."""
    found = [(address, name, wrong) for address, checksums in files for name, wrong in damage(address, checksums).items()]
    return DamagedCondition(run_id, label, f"{found[0][1]} {found[0][2]}", tuple((address, name) for address, name, _ in found)) if found else None
