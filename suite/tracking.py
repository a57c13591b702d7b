"""The only reader and writer of MLflow, the store of record: benchmark run > condition runs > evaluation trial runs."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlparse

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_TRUNCATE_LONG_VALUES", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

import logging

import numpy as np
import pandas as pd
import sqlalchemy
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from suite.frames import (
    CURVES,
    GRADIENTS,
    PROBES,
    REFERENCES,
    TRIALS,
    UNITS,
    curves_frame,
    gradients_frame,
    probes_frame,
    references_frame,
    together,
    trials_frame,
    typed,
)
from suite.models import Weights
from suite.plan import Condition, Plan
from suite.references import ReferenceResult
from suite.trial import Result
from tasks.errors import WrongUse

EXPERIMENT = "unvanish"
EXPERIMENT_KIND = "mlflow.experimentKind"  # the UI then opens on training runs, not on traces of language models
POINTS_PER_CURVE = 60
TABLES = {"trials": TRIALS, "curves": CURVES, "probes": PROBES, "gradients": GRADIENTS}

logging.getLogger("alembic").setLevel(logging.WARNING)
logging.getLogger("mlflow").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Records:
    """A benchmark as read back from MLflow.

    plan        what was planned: the content of plan.json
    context     where and when it ran: versions, command, commit
    metrics     of the benchmark's run: where its time went
    references  what scikit-learn's predictors reach
    trials, curves, probes, gradients   all rows, with the columns of the public contract
    """

    plan: dict[str, Any]
    context: dict[str, str]
    metrics: dict[str, float]
    references: pd.DataFrame
    trials: pd.DataFrame
    curves: pd.DataFrame
    probes: pd.DataFrame
    gradients: pd.DataFrame


def default_uri(output: Path) -> str:
    """MLFLOW_TRACKING_URI where it is set, otherwise SQLite in the output folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{output.resolve()}/mlflow.db"


def connect(uri: str) -> MlflowClient:
    """A client of the store at `uri`; raises `WrongUse` where nobody answers or no store can be opened."""
    address = urlparse(uri)
    if address.scheme in ("http", "https"):
        try:
            port = address.port or (443 if address.scheme == "https" else 80)
            socket.create_connection((address.hostname or "", port), timeout=5).close()
        except (OSError, ValueError) as error:
            raise WrongUse(
                f"nobody answers at the tracking address {uri} ({error}); "
                "start a server there with 'mlflow server', or leave the address out to use a file in the output folder"
            ) from None
    elif address.scheme not in ("sqlite", "postgresql", "mysql", "mssql"):
        raise WrongUse(f"the tracking address {uri} is not one MLflow can use here; give one that starts with http://, https:// or sqlite:///")
    elif address.scheme == "sqlite":
        use_write_ahead_log(uri)
    try:
        client = MlflowClient(uri)
        client.search_experiments(max_results=1)
    except Exception as error:  # MLflow passes on what its database driver or the server raised
        raise WrongUse(f"the tracking address {uri} cannot be used: {first_line(error)}; give the address of an MLflow server or database") from None
    return client


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def commit_without_waiting_for_the_disk(connection: Any, _: Any) -> None:
    """With a write-ahead log a killed process loses nothing by this, and each commit takes a fifth less time."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=NORMAL")


def use_write_ahead_log(uri: str) -> None:
    """Doubles the rate of small commits, and stays in the file; raises `WrongUse` for a file that is no database."""
    try:
        with sqlalchemy.create_engine(uri).connect() as connection:
            connection.execute(sqlalchemy.text("PRAGMA journal_mode=WAL"))
    except sqlalchemy.exc.DatabaseError as error:
        raise WrongUse(f"the tracking address {uri} cannot be opened ({first_line(error.orig)}); give a path that can be written") from None


def first_line(error: object) -> str:
    return str(error).strip().split("\n")[0][:200]


class Tracker:
    """Writes benchmarks. One process writes; workers never see MLflow."""

    def __init__(self, uri: str, output: Path) -> None:
        self.client, self.uri = connect(uri), uri
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            local = urlparse(uri).scheme not in ("http", "https")
            beside = Path(uri.removeprefix("sqlite:///")).parent if uri.startswith("sqlite:///") else output
            location = (beside.resolve() / "artifacts").as_uri() if local else None
            self.experiment_id = self.client.create_experiment(EXPERIMENT, artifact_location=location, tags={EXPERIMENT_KIND: "custom_model_development"})
        elif experiment.lifecycle_stage == "deleted":
            raise WrongUse(f"the experiment {EXPERIMENT} at {uri} is deleted; restore it with 'mlflow experiments restore', or use another address")
        else:
            self.experiment_id = experiment.experiment_id

    def finished(self) -> set[str]:
        """The fingerprints of all conditions that are done."""
        return {run.data.tags["fingerprint"] for run in search(self.client, self.experiment_id, "tags.kind = 'condition' and attributes.status = 'FINISHED'")}

    def open_benchmark(self, plan: Plan, context: dict[str, str], fresh: bool) -> BenchmarkWriter:
        """Continues the benchmark of the same profile, or starts one; what an earlier, killed process left running is set to KILLED."""
        known = search(self.client, self.experiment_id, f"tags.kind = 'benchmark' and tags.fingerprint = '{plan.fingerprint}'")
        if known and not fresh:
            run = known[0]
            for child in search(self.client, self.experiment_id, f"tags.benchmark_run = '{run.info.run_id}' and attributes.status = 'RUNNING'"):
                self.client.set_terminated(child.info.run_id, "KILLED")
            self.client.update_run(run.info.run_id, status="RUNNING")
        else:
            tags = {"kind": "benchmark", "fingerprint": plan.fingerprint, "mlflow.note.content": plan.profile.description, **source_tags(context)}
            run = self.client.create_run(self.experiment_id, run_name=plan.profile.name, tags=tags)
        budget = plan.profile.model_dump(include={"hidden_size", "batch_size", "steps"})
        references = load_references(self.client, self.uri, run)
        writer = BenchmarkWriter(self.client, self.experiment_id, run.info.run_id, plan.profile.name, run.data.metrics, references)
        writer.log(run.info.run_id, params={"profile": plan.profile.name, **budget} if not run.data.params else {}, tags=context)
        self.client.log_dict(run.info.run_id, plan.summary(), "plan.json")
        self.client.log_dict(run.info.run_id, context, "context.json")
        return writer


def source_tags(context: dict[str, str]) -> dict[str, str]:
    return {"mlflow.source.git.commit": context["git_commit"]} if "git_commit" in context else {}


@dataclass(frozen=True)
class BenchmarkWriter:
    """Writes what belongs to one benchmark run."""

    client: MlflowClient
    experiment_id: str
    run_id: str
    name: str
    before: Mapping[str, float]  # the metrics of earlier goes at the same benchmark
    references: pd.DataFrame  # of earlier goes

    def record(self, results: Sequence[Result]) -> None:
        """The results of a cohort: a run for each condition and, below it, for each of its evaluation trials.

        Raises `WrongUse` when the store can no longer be written; what was recorded before stays.
        """
        try:
            for condition in dict.fromkeys(result.trial.condition.fingerprint for result in results):
                self.record_condition([result for result in results if result.trial.condition.fingerprint == condition])
        except (MlflowException, OSError, sqlalchemy.exc.SQLAlchemyError) as error:
            raise WrongUse(
                f"tracking failed ({first_line(error)}); what was recorded is kept, and the same command goes on from there once the store can be written"
            ) from error

    def record_condition(self, results: Sequence[Result]) -> None:
        condition = results[0].trial.condition
        evaluated = [result for result in results if result.trial.phase == "evaluate"]
        failed = any(result.status == "failed" for result in results)
        tags = {"kind": "condition", "fingerprint": condition.fingerprint, "benchmark_run": self.run_id, "mlflow.parentRunId": self.run_id}
        if condition.no_gradient:
            tags["no_gradient"] = condition.no_gradient
        if all(result.inert for result in evaluated):
            tags["inert"] = evaluated[0].inert
        run = self.client.create_run(self.experiment_id, run_name=condition.label, tags=tags)
        run_ids = [self.record_trial(run.info.run_id, result) if result.trial.phase == "evaluate" else run.info.run_id for result in results]
        solved = sum(result.diagnosis.outcome == "solved" for result in evaluated)
        params = condition_params(condition) | ({"learning_rate": evaluated[0].trial.learning_rate} if not failed else {})
        metrics = {
            "solved": solved,
            "tried": len(evaluated),
            "success_rate": solved / len(evaluated),
            "test/score_median": float(np.median([result.score for result in evaluated])),
        }
        self.log(run.info.run_id, params=params, metrics=metrics)
        tables = {
            "trials": trials_frame(self.name, results, run_ids),
            "curves": curves_frame(results),
            "probes": probes_frame(results),
            "gradients": gradients_frame(results),
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, table in tables.items():
                table.to_parquet(Path(folder) / f"{name}.parquet", index=False)
            self.client.log_artifacts(run.info.run_id, folder)
        # The status is written last: a condition counts as done only when all that belongs to it is stored.
        self.client.set_terminated(run.info.run_id, "FAILED" if failed else "FINISHED")

    def record_trial(self, parent: str, result: Result) -> str:
        """One evaluation trial as a run; only finite numbers become metrics."""
        trial, trained = result.trial, result.trained
        tags = {
            "kind": "trial",
            "phase": trial.phase,
            "diagnosis": result.diagnosis.word,
            "outcome": result.diagnosis.outcome,
            "cause": result.diagnosis.cause,
            "rule": result.diagnosis.rule,
            "benchmark_run": self.run_id,
            "mlflow.parentRunId": parent,
        }
        run = self.client.create_run(self.experiment_id, run_name=f"{trial.condition.label} seed {trial.seed}", tags=tags)
        params = condition_params(trial.condition) | {"learning_rate": trial.learning_rate, "seed": trial.seed}
        metrics: dict[str, float] = {"test/score": result.score}
        curves: dict[str, tuple[Any, Any]] = {}
        if result.solved_at is not None:
            metrics["solved_at"] = result.solved_at
        if result.diagnosis.onset_step is not None:
            metrics["onset_step"] = result.diagnosis.onset_step
        if trained:
            metrics |= {
                "test/loss": trained.loss,
                f"test/{trial.condition.task.metric}": trained.metric,
                "gradient/max_norm": trained.max_gradient_norm,
                "gradient/clipped_share": trained.clipped_share,
            }
            if trained.diverged_at is not None:
                metrics["diverged_at"] = trained.diverged_at
            metrics |= {f"probe/{name}": float(getattr(trained.probes, name)[-1]) for name in UNITS}
            curve = trained.curve
            figures = {"train/loss": curve.training_loss, "validation/loss": curve.loss, "validation/score": curve.score, "gradient/norm": curve.gradient_norm}
            curves = {name: (curve.step, values) for name, values in figures.items()}
            self.save_weights(run.info.run_id, trained.weights)
        self.log(run.info.run_id, params=params, metrics=metrics, curves=curves)
        self.client.set_terminated(run.info.run_id, "FINISHED" if result.status == "finished" else "FAILED")
        return run.info.run_id

    def save_weights(self, run_id: str, weights: Weights) -> None:
        with tempfile.TemporaryDirectory() as folder:
            arrays: dict[str, Any] = dict(weights)
            np.savez(Path(folder) / "weights.npz", **arrays)
            self.client.log_artifact(run_id, str(Path(folder) / "weights.npz"))

    def log(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        metrics: dict[str, float] | None = None,
        curves: dict[str, tuple[Any, Any]] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        """One batch: params, tags, figures at step 0, and curves thinned to `POINTS_PER_CURVE` points."""
        now = int(time() * 1000)
        points = [Metric(name, float(value), now, 0) for name, value in (metrics or {}).items() if np.isfinite(value)]
        for name, (steps, values) in (curves or {}).items():
            kept = np.unique(np.linspace(0, len(steps) - 1, min(POINTS_PER_CURVE, len(steps))).round().astype(int))
            points += [Metric(name, float(values[i]), now, int(steps[i])) for i in kept if np.isfinite(values[i])]
        self.client.log_batch(
            run_id,
            metrics=points,
            params=[Param(name, str(value)) for name, value in (params or {}).items()],
            tags=[RunTag(name, value) for name, value in (tags or {}).items()],
            synchronous=True,
        )

    def record_references(self, results: Sequence[ReferenceResult]) -> None:
        """What scikit-learn's predictors reach, beside what is known already."""
        new = references_frame(results)
        replaced = pd.MultiIndex.from_frame(self.references[["task", "lag"]]).isin(pd.MultiIndex.from_frame(new[["task", "lag"]]))
        table = together([self.references[~replaced], new], REFERENCES)
        with tempfile.TemporaryDirectory() as folder:
            table.to_parquet(Path(folder) / "references.parquet", index=False)
            self.client.log_artifacts(self.run_id, folder)

    def attach(self, files: Iterable[Path]) -> None:
        """Files as artifacts of the benchmark's run."""
        for path in files:
            self.client.log_artifact(self.run_id, str(path))

    def close(self, status: str, metrics: dict[str, float] | None = None) -> None:
        self.log(self.run_id, metrics=metrics)
        self.client.set_terminated(self.run_id, status)


def condition_params(condition: Condition) -> dict[str, Any]:
    """What identifies a condition, as plain words and numbers to group by in the UI."""
    return {
        "task": condition.task.name,
        "lag": condition.lag,
        "model": condition.model,
        "mitigation": condition.mitigation,
        "hidden_size": condition.budget.hidden_size,
        "batch_size": condition.budget.batch_size,
        "steps": condition.budget.steps,
        **condition.changes,
    }


def search(client: MlflowClient, experiment_id: str, condition: str) -> list[Run]:
    """All runs that meet a filter, newest first, whatever their number."""
    runs: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment_id], condition, max_results=1000, order_by=["attributes.start_time DESC"], page_token=token)
        runs += page
        token = page.token
        if not token:
            return runs


def open_existing(uri: str) -> tuple[MlflowClient, str]:
    """A client and the experiment's id; raises `WrongUse` where nothing has been tracked yet, and creates nothing."""
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).is_file():
        raise WrongUse(f"there are no results at {uri.removeprefix('sqlite:///')}; run a benchmark first: unvanish run quick --output DIR")
    client = connect(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        raise WrongUse(f"there are no results at {uri}; run a benchmark first: unvanish run quick --output DIR")
    return client, experiment.experiment_id


def read(uri: str, run_id: str | None = None) -> Records:
    """A benchmark's results, the newest one's unless a run is named; every condition by its fingerprint, wherever it was trained."""
    client, experiment_id = open_existing(uri)
    benchmarks = search(client, experiment_id, "tags.kind = 'benchmark'")
    if run_id is not None:
        benchmarks = [run for run in benchmarks if run.info.run_id == run_id]
    if not benchmarks:
        raise WrongUse(f"there is no benchmark at {uri}; run one first: unvanish run quick --output DIR")
    benchmark = benchmarks[0]
    plan, context = (load_json(client, benchmark.info.run_id, name) for name in ("plan.json", "context.json"))
    wanted = {condition["fingerprint"] for condition in plan["conditions"]}
    found: dict[str, Run] = {}
    for status in ("FINISHED", "FAILED"):  # what is done stands before what failed
        for run in search(client, experiment_id, f"tags.kind = 'condition' and attributes.status = '{status}'"):
            if run.data.tags["fingerprint"] in wanted:
                found.setdefault(run.data.tags["fingerprint"], run)
    runs = [found[condition["fingerprint"]] for condition in plan["conditions"] if condition["fingerprint"] in found]
    tables = [load_tables(uri, run) for run in runs]
    trials, curves, probes, gradients = (typed(together([of_run[name] for of_run in tables], columns), columns) for name, columns in TABLES.items())
    trials["benchmark"] = plan["profile"]["name"]
    return Records(plan, context, benchmark.data.metrics, load_references(client, uri, benchmark), trials, curves, probes, gradients)


def load_json(client: MlflowClient, run_id: str, name: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(Path(client.download_artifacts(run_id, name, folder)).read_text())


def load_references(client: MlflowClient, uri: str, benchmark: Run) -> pd.DataFrame:
    """What is known of reference predictors so far; no rows where none was run yet."""
    name = "references.parquet"
    if name not in {artifact.path for artifact in client.list_artifacts(benchmark.info.run_id)}:
        return references_frame([])
    return typed(load_table(uri, benchmark, name), REFERENCES)


def load_table(uri: str, run: Run, name: str) -> pd.DataFrame:
    """By the artifact's own address, which spares the store a search for each file."""
    with tempfile.TemporaryDirectory() as folder:
        return pd.read_parquet(download_artifacts(artifact_uri=f"{run.info.artifact_uri}/{name}", dst_path=folder, tracking_uri=uri))


def load_tables(uri: str, run: Run) -> dict[str, pd.DataFrame]:
    """The tables of a condition's run."""
    return {name: load_table(uri, run, f"{name}.parquet") for name in TABLES}


def read_trained(uri: str, run_id: str) -> tuple[dict[str, str], dict[str, Any], Weights]:
    """Params of an evaluation trial's run, its benchmark's plan, and its weights; raises `WrongUse` for a run that is none."""
    client, _ = open_existing(uri)
    try:
        run = client.get_run(run_id)
    except MlflowException:
        raise WrongUse(f"there is no run {run_id!r} at {uri}; the column run_id of trials.csv has the runs of evaluation trials") from None
    if run.data.tags.get("kind") != "trial" or run.info.status != "FINISHED":
        raise WrongUse(f"the run {run_id} is not a finished evaluation trial; the column run_id of trials.csv has those")
    plan = load_json(client, run.data.tags["benchmark_run"], "plan.json")
    with tempfile.TemporaryDirectory() as folder, np.load(client.download_artifacts(run_id, "weights.npz", folder), allow_pickle=False) as weights:
        return run.data.params, plan, dict(weights)
