"""Runs with their tags alone: of 10,000 conditions, params and metrics are a hundred times as much as what says which of them are done."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Run, RunData, RunInfo, RunTag
from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag

from unvanish.suite.tracking.store import is_server, search


def tagged_runs(client: MlflowClient, experiment_id: str) -> list[Run]:
    """Return all runs of an experiment, the newest first, with the tags that unvanish wrote; without params and metrics where the store is a database."""
    if is_server(client.tracking_uri):
        return search(client, experiment_id, "")
    wanted: sqlalchemy.ColumnElement[bool] = (SqlRun.experiment_id == int(experiment_id)) & (SqlRun.lifecycle_stage == LifecycleStage.ACTIVE)
    runs: Any = sqlalchemy.select(SqlRun.run_uuid, SqlRun.name, SqlRun.user_id, SqlRun.status, SqlRun.start_time, SqlRun.end_time, SqlRun.artifact_uri)
    tags: Any = sqlalchemy.select(SqlTag.run_uuid, SqlTag.key, SqlTag.value).join(SqlRun, SqlRun.run_uuid == SqlTag.run_uuid)
    engine = sqlalchemy.create_engine(client.tracking_uri)
    try:
        with engine.connect() as connection:
            tags_of: dict[str, list[RunTag]] = {}
            for run_id, key, value in connection.execute(tags.where(wanted, SqlTag.key.not_like("mlflow.%"))):
                tags_of.setdefault(run_id, []).append(RunTag(key, value))
            return [
                Run(
                    RunInfo(run_id, experiment_id, user, status, start, end, LifecycleStage.ACTIVE, artifacts, name),
                    RunData(tags=tags_of.get(run_id, [])),
                )
                for run_id, name, user, status, start, end, artifacts in connection.execute(
                    runs.where(wanted).order_by(SqlRun.start_time.desc(), SqlRun.run_uuid)
                )
            ]
    finally:
        engine.dispose()
