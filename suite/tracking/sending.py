"""A staged folder as runs of MLflow; however often it is sent, the store has it once.

The run of a condition names the staged folder in its tag `staged`, and its status is written last. A run of this folder that has its end is the answer
to a sending whose own answer was lost; one without was interrupted, and is deleted with its trials before the folder is sent anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from unvanish.suite.tracking.artifacts import CHECKSUMS, OF_MODEL, digest
from unvanish.suite.tracking.requests import RequestWriter, RunWriter
from unvanish.suite.tracking.rows import RowWriter
from unvanish.suite.tracking.staged import MODEL, TABLES, StagedCondition, StagedModel, StagedReferences, StagedTrial, replace_text
from unvanish.suite.tracking.store import Store, is_server, search

STAGED = "staged"  # the tag with the name of the staged folder
ENDED = ("FINISHED", "FAILED")


def send(store: Store, folder: Path, item: StagedCondition | StagedReferences, new: bool) -> None:
    """Write a staged folder to the store; `new` spares the search for what an earlier sending of it has left. Raises what MLflow raises."""
    if isinstance(item, StagedReferences):
        store.client.log_artifact(item.benchmark_run, str(folder / TABLES / "references.parquet"))
    elif new or not already_sent(store, folder.name):
        send_condition(store, folder, item)


def already_sent(store: Store, staged: str) -> bool:
    """Return whether the store has all of a staged folder; what it has of an interrupted sending is deleted."""
    runs = search(store.client, store.conditions, f"tags.{STAGED} = '{staged}'")
    if any(run.info.status in ENDED for run in runs):
        return True
    for run in runs:
        delete_condition(store, run)
    return False


def delete_unfinished(store: Store, benchmark_run: str) -> None:
    """Delete what an interrupted sending has left of a benchmark: its staged folder is still there, or was sent since."""
    unfinished = f"tags.benchmark_run = '{benchmark_run}' and attributes.status = 'RUNNING'"
    for run in search(store.client, store.conditions, unfinished):
        delete_condition(store, run)
    for run in search(store.client, store.trials, unfinished):
        delete_run(store.client, run)


def delete_condition(store: Store, run: Run) -> None:
    """Delete the run of a condition, its trials' and its logged model."""
    for trial in search(store.client, store.trials, f"tags.mlflow.parentRunId = '{run.info.run_id}'"):
        delete_run(store.client, trial)
    for model in store.client.search_logged_models([store.conditions], filter_string=f"source_run_id = '{run.info.run_id}'"):
        store.client.delete_logged_model(model.model_id)
    delete_run(store.client, run)


def delete_run(client: MlflowClient, run: Run) -> None:
    """Delete a run, which is not left running for those who list what was deleted."""
    client.set_terminated(run.info.run_id, "KILLED")
    client.delete_run(run.info.run_id)


def send_condition(store: Store, folder: Path, item: StagedCondition) -> None:
    """Write the run of a condition and, below it, those of its evaluation trials."""
    client = store.client
    runs = RequestWriter(client) if is_server(client.tracking_uri) else RowWriter(client, folder.name)
    run_id, artifacts = runs.create_run(store.conditions, item.name, {**item.tags, STAGED: folder.name}, item.time)
    trial_runs = {trial.row: send_trial(runs, store, folder, item, trial, run_id) for trial in item.trials}
    checksums = checksums_below(item, TABLES) | {"trials.parquet": write_trials(folder, trial_runs)}
    put(folder / TABLES, artifacts, client)
    checksums |= {name: checksum for name, checksum in item.checksums.items() if name.startswith(OF_MODEL)}
    if item.model:
        send_model(runs, store, folder / MODEL, item.model, run_id, trial_runs[item.model.row])
    runs.log(run_id, item.time, item.params, item.metrics, {}, {CHECKSUMS: json.dumps(checksums)})
    # The status is written last: a condition counts as done only when all that belongs to it is stored.
    runs.end_run(run_id, item.status)
    runs.commit()


def send_trial(runs: RunWriter, store: Store, folder: Path, item: StagedCondition, trial: StagedTrial, parent: str) -> str:
    """Write the run of an evaluation trial, and return its id."""
    checksums = checksums_below(item, trial.folder)
    tags = {**trial.tags, "mlflow.parentRunId": parent, **({CHECKSUMS: json.dumps(checksums)} if checksums else {})}
    run_id, artifacts = runs.create_run(store.trials, trial.name, tags, item.time)
    if checksums:
        put(folder / trial.folder, artifacts, store.client)
    runs.log(run_id, item.time, trial.params, trial.metrics, trial.curves, {})
    runs.end_run(run_id, trial.status)
    return run_id


def checksums_below(item: StagedCondition, folder: str) -> dict[str, str]:
    """The digests of the files in one of the folders of a staged folder, by their names there."""
    return {name.removeprefix(f"{folder}/"): checksum for name, checksum in item.checksums.items() if name.startswith(f"{folder}/")}


def write_trials(folder: Path, trial_runs: Mapping[int, str]) -> str:
    """Add the table of trials with the ids of their runs to a staged folder, and return its digest."""
    table = pq.read_table(folder / "trials.parquet")
    column = table.schema.get_field_index("run_id")
    runs = pa.array([trial_runs.get(row, "") for row in range(len(table))], table.schema.field(column).type)
    path = folder / TABLES / "trials.parquet"
    path.unlink(missing_ok=True)  # rather than written to: an interrupted sending has linked it elsewhere
    pq.write_table(table.set_column(column, table.schema.field(column), runs), path)
    return digest(path.read_bytes())


def send_model(runs: RunWriter, store: Store, folder: Path, model: StagedModel, run_id: str, trial_run: str) -> None:
    """Log the model of a condition's run; its address is `models:/` and its id."""
    model_id, artifacts = runs.create_model(store.conditions, run_id, model, {**model.tags, "trial_run": trial_run})
    replace_text(folder / "MLmodel", json.dumps({**model.mlmodel, "run_id": run_id, "model_id": model_id}))  # JSON is YAML
    put(folder, artifacts, store.client)
    runs.end_model(run_id, model_id, model.step)


def put(folder: Path, artifact_uri: str, client: MlflowClient) -> None:
    """Write the files of a folder as artifacts: by links, which take no room and no time, where the artifacts are on the same disk."""
    repository = get_artifact_repository(artifact_uri, tracking_uri=client.tracking_uri)
    if isinstance(repository, LocalArtifactRepository):
        try:
            link(folder, Path(repository.artifact_dir))
            return
        except OSError:  # another disk, or one without links
            pass
    repository.log_artifacts(str(folder))


def link(folder: Path, to: Path) -> None:
    """Give every file of a folder a second name below another one; raises `OSError` where the disk or its kind does not allow that."""
    for path in sorted(folder.rglob("*")):
        target = to / path.relative_to(folder)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.link(path, target)
