"""The runs of a condition by MLflow's own calls, for a server: one request after another, with the status last."""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import Protocol

from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric, Param, RunTag

from unvanish.suite.tracking.staged import StagedModel

Curves = Mapping[str, list[tuple[int, float]]]


class RunWriter(Protocol):
    """What writes the runs of one condition, by whatever way to the store. Times are in ms since 1970."""

    def create_run(self, experiment_id: str, name: str, tags: Mapping[str, str], at: int) -> tuple[str, str]:
        """Create a run, and return its id and the address of its artifacts."""

    def log(self, run_id: str, at: int, params: Mapping[str, str], metrics: Mapping[str, float], curves: Curves, tags: Mapping[str, str]) -> None:
        """Write params, tags, figures at step 0 and curves of a run."""

    def create_model(self, experiment_id: str, run_id: str, model: StagedModel, tags: Mapping[str, str]) -> tuple[str, str]:
        """Create the logged model of a run, and return its id and the address of its artifacts."""

    def end_model(self, run_id: str, model_id: str, step: int) -> None:
        """Write that a model is complete, and the output of its run at this step."""

    def end_run(self, run_id: str, status: str) -> None:
        """Write the status of a run."""

    def commit(self) -> None:
        """Write what is not written yet."""


class RequestWriter:
    """Write runs by requests; what is interrupted is left without a status."""

    def __init__(self, client: MlflowClient) -> None:
        self.client = client

    def create_run(self, experiment_id: str, name: str, tags: Mapping[str, str], at: int) -> tuple[str, str]:
        info = self.client.create_run(experiment_id, start_time=at, run_name=name, tags=dict(tags)).info
        return info.run_id, info.artifact_uri

    def log(self, run_id: str, at: int, params: Mapping[str, str], metrics: Mapping[str, float], curves: Curves, tags: Mapping[str, str]) -> None:
        log(self.client, run_id, params, metrics, tags, curves, at)

    def create_model(self, experiment_id: str, run_id: str, model: StagedModel, tags: Mapping[str, str]) -> tuple[str, str]:
        logged = self.client.create_logged_model(experiment_id, model.name, run_id, dict(tags), model.params, model_type=model.model_type)
        return logged.model_id, logged.artifact_location

    def end_model(self, run_id: str, model_id: str, step: int) -> None:
        self.client.finalize_logged_model(model_id, "READY")
        self.client.log_outputs(run_id, [LoggedModelOutput(model_id, step)])

    def end_run(self, run_id: str, status: str) -> None:
        self.client.set_terminated(run_id, status)

    def commit(self) -> None:
        pass


def log(
    client: MlflowClient,
    run_id: str,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    curves: Curves | None = None,
    at: int | None = None,
) -> None:
    """Write params, tags, figures at step 0 and curves of a run; `at` is in ms since 1970, now unless given."""
    at = at or int(time() * 1000)
    points = [Metric(name, value, at, step) for name, step, value in all_points(metrics or {}, curves or {})]
    client.log_batch(run_id, points, [Param(*param) for param in (params or {}).items()], [RunTag(*tag) for tag in (tags or {}).items()], synchronous=True)


def all_points(metrics: Mapping[str, float], curves: Curves) -> list[tuple[str, int, float]]:
    """Name, step and value of every figure and point."""
    return [*((name, 0, value) for name, value in metrics.items()), *((name, step, value) for name, curve in curves.items() for step, value in curve)]
