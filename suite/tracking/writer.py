"""Writes benchmarks to MLflow, the store of record: benchmark run > condition runs > evaluation trial runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from suite.frames import REFERENCES, UNITS, curves_frame, gradients_frame, probes_frame, references_frame, together, trials_frame
from suite.models import Weights
from suite.plan import Condition, Plan
from suite.references import ReferenceResult
from suite.tracking.reader import load_references
from suite.tracking.store import first_line, open_or_create, search
from suite.trial import Result
from tasks.errors import WrongUse

POINTS_PER_CURVE = 60


class Tracker:
    """Writes benchmarks. One process writes; workers never see MLflow."""

    def __init__(self, uri: str, output: Path) -> None:
        self.uri = uri
        self.client, self.experiment_id = open_or_create(uri, output)

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
        if edge := rate_at_edge(condition.learning_rates, evaluated[0].trial.learning_rate):
            tags["rate_at_edge"] = edge
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


def rate_at_edge(rates: Sequence[float], chosen: float) -> Literal["lowest", "highest", ""]:
    """At which end of its grid the chosen rate lies, where a rate beyond might have been better; nothing for a failed condition."""
    if len(rates) < 2:
        return ""
    return "lowest" if chosen == min(rates) else "highest" if chosen == max(rates) else ""


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
