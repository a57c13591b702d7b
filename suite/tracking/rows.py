"""The runs of a condition as rows of MLflow's tables, for a database: one transaction, so that all of a condition is there or none.

MLflow's own calls make an object of each of some hundred points of curves, and a transaction of each call, which takes ten times as long.
A test holds the rows against those that these calls write.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from time import time
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, LoggedModelStatus
from mlflow.store.tracking.dbmodels import models

from unvanish.suite.tracking.requests import Curves, all_points
from unvanish.suite.tracking.staged import StagedModel

# in an order in which no row refers to one of a later table
TABLES = (
    models.SqlRun,
    models.SqlTag,
    models.SqlParam,
    models.SqlMetric,
    models.SqlLatestMetric,
    models.SqlLoggedModel,
    models.SqlLoggedModelParam,
    models.SqlLoggedModelTag,
    models.SqlInput,
)


class RowWriter:
    """Collect the rows of a condition, and write them at once; nothing is written before `commit`.

    The ids follow from the name of the staged folder, so that files of an earlier attempt are replaced and no row is written twice.
    """

    def __init__(self, client: MlflowClient, staged: str) -> None:
        self.client, self.staged = client, staged
        self.rows: dict[type, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self.runs: dict[str, dict[str, Any]] = {}

    def create_run(self, experiment_id: str, name: str, tags: Mapping[str, str], at: int) -> tuple[str, str]:
        run_id = uuid5(NAMESPACE_OID, f"{self.staged} {len(self.runs)}").hex
        artifacts = f"{artifacts_of(self.client, experiment_id)}/{run_id}/artifacts"
        self.runs[run_id] = {
            "run_uuid": run_id,
            "name": name,
            "source_type": "UNKNOWN",
            "source_name": "",
            "entry_point_name": "",
            "user_id": "unknown",
            "start_time": at,
            "source_version": "",
            "lifecycle_stage": LifecycleStage.ACTIVE,
            "artifact_uri": artifacts,
            "experiment_id": int(experiment_id),
        }
        self.add_tags(run_id, {**tags, "mlflow.runName": name})
        return run_id, artifacts

    def add_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Add tags of a run."""
        self.rows[models.SqlTag] += [{"run_uuid": run_id, "key": key, "value": value} for key, value in tags.items()]

    def log(self, run_id: str, at: int, params: Mapping[str, str], metrics: Mapping[str, float], curves: Curves, tags: Mapping[str, str]) -> None:
        self.add_tags(run_id, tags)
        self.rows[models.SqlParam] += [{"run_uuid": run_id, "key": key, "value": value} for key, value in params.items()]
        points = [
            {"run_uuid": run_id, "key": name, "value": value, "timestamp": at, "step": step, "is_nan": False}
            for name, step, value in dict.fromkeys(all_points(metrics, curves))
        ]
        self.rows[models.SqlMetric] += points
        self.rows[models.SqlLatestMetric] += {point["key"]: point for point in sorted(points, key=lambda point: (point["step"], point["value"]))}.values()

    def create_model(self, experiment_id: str, run_id: str, model: StagedModel, tags: Mapping[str, str]) -> tuple[str, str]:
        model_id, now = f"m-{uuid5(NAMESPACE_OID, self.staged).hex}", int(time() * 1000)
        location = f"{artifacts_of(self.client, experiment_id)}/models/{model_id}/artifacts"
        key = {"model_id": model_id, "experiment_id": int(experiment_id)}
        row = {"name": model.name, "artifact_location": location, "creation_timestamp_ms": now, "last_updated_timestamp_ms": now}
        row |= {"status": LoggedModelStatus.READY.to_int(), "lifecycle_stage": LifecycleStage.ACTIVE, "model_type": model.model_type, "source_run_id": run_id}
        self.rows[models.SqlLoggedModel].append(key | row)
        self.rows[models.SqlLoggedModelParam] += [key | {"param_key": name, "param_value": value} for name, value in model.params.items()]
        self.rows[models.SqlLoggedModelTag] += [key | {"tag_key": name, "tag_value": value} for name, value in tags.items()]
        return model_id, location

    def end_model(self, run_id: str, model_id: str, step: int) -> None:
        ends = {"source_type": "RUN_OUTPUT", "source_id": run_id, "destination_type": "MODEL_OUTPUT", "destination_id": model_id}
        self.rows[models.SqlInput].append({"input_uuid": uuid4().hex, **ends, "step": step})

    def end_run(self, run_id: str, status: str) -> None:
        self.rows[models.SqlRun].append(self.runs[run_id] | {"status": status, "end_time": int(time() * 1000)})

    def commit(self) -> None:
        with engine_of(self.client.tracking_uri).begin() as connection:
            for table, rows in self.rows.items():
                if rows:
                    connection.execute(sqlalchemy.insert(table), rows)


@cache
def engine_of(uri: str) -> sqlalchemy.Engine:
    """Return the connections to a database; those that it has closed meanwhile are opened again."""
    return sqlalchemy.create_engine(uri, pool_pre_ping=True)


@cache
def artifacts_of(client: MlflowClient, experiment_id: str) -> str:
    """Return the address below which an experiment's artifacts are."""
    return str(client.get_experiment(experiment_id).artifact_location).rstrip("/")
