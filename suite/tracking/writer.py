"""Write benchmarks to MLflow, the store of record: benchmark run > condition runs > evaluation trial runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from unvanish.suite import plugins
from unvanish.suite.diagnosis import RULES_VERSION
from unvanish.suite.experiment.best_trial import best_trial
from unvanish.suite.experiment.plan import Plan
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.trial import Result
from unvanish.suite.models import Weights
from unvanish.suite.recorded_plugins import RecordedPlugin
from unvanish.suite.redaction import redact
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tables.frames import curves_frame, gradients_frame, probes_frame, references_frame, trials_frame
from unvanish.suite.tables.schema import REFERENCES, typed
from unvanish.suite.tracking import conditions
from unvanish.suite.tracking.logged_model import log_model
from unvanish.suite.tracking.reader import TIMES, has, load_plan, load_references, load_times
from unvanish.suite.tracking.store import Store, first_line, open_or_create, search
from unvanish.suite.tracking.tagged_runs import tagged_runs
from unvanish.tasks.errors import UsageError

POINTS_PER_CURVE = 60
NOTE = "mlflow.note.content"
MEASURED = {"curves": curves_frame, "probes": probes_frame, "gradients": gradients_frame}


class Tracker:
    """Open benchmarks to write to. One process writes; workers never see MLflow."""

    def __init__(self, uri: str, output: Path) -> None:
        self.uri = uri
        self.store = open_or_create(uri, output)
        self.client = self.store.client

    def finished(self) -> set[str]:
        """The fingerprints of all conditions that are done."""
        return {run.data.tags["fingerprint"] for run in tagged_runs(self.client, self.store.conditions) if run.info.status == "FINISHED"}

    @contextmanager
    def benchmark(self, plan: Plan, context: dict[str, str], fresh: bool) -> Iterator[BenchmarkWriter]:
        """Continue the benchmark of the same profile, or start one, and close its run with the block.

        As FINISHED; FAILED where a trial failed to run or the block raised; KILLED where the process was asked to stop.
        """
        writer = self.open_benchmark(plan, context, fresh)
        try:
            yield writer
        except BaseException as error:
            with suppress(Exception):  # the store itself may be what failed
                writer.close("KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED")
            raise
        writer.close("FAILED" if writer.n_failed else "FINISHED")

    def known(self, plan: Plan) -> list[Run]:
        """The runs of benchmarks of the same profile, the newest first."""
        return search(self.client, self.store.benchmarks, f"tags.fingerprint = '{plan.fingerprint}'")

    def recorded_plugins(self, plan: Plan) -> list[RecordedPlugin]:
        """The plug-ins of the benchmark of the same profile that would be continued; none where there is none, or another version wrote its plan."""
        for run in self.known(plan)[:1]:
            if has(self.client, run, "plan.json"):  # a process that is killed early leaves none
                with suppress(UsageError):
                    return load_plan(self.client, self.uri, run.info.run_id).plugins
        return []

    def open_benchmark(self, plan: Plan, context: dict[str, str], fresh: bool) -> BenchmarkWriter:
        """Continue the benchmark of the same profile, or start one; what an earlier, killed process left running is set to KILLED."""
        known = self.known(plan)
        if known and not fresh:
            run = known[0]
            for level in (self.store.conditions, self.store.trials):
                for child in search(self.client, level, f"tags.benchmark_run = '{run.info.run_id}' and attributes.status = 'RUNNING'"):
                    self.client.set_terminated(child.info.run_id, "KILLED")
            self.client.update_run(run.info.run_id, status="RUNNING")
        else:
            tags = {"kind": "benchmark", "fingerprint": plan.fingerprint, NOTE: plan.profile.description, **source_tags(context)}
            run = self.client.create_run(self.store.benchmarks, run_name=plan.profile.name, tags=tags)
        references, before = load_references(self.client, self.uri, run), load_times(self.client, run)
        record = plan.record()
        writer = BenchmarkWriter(self.client, self.store, run.info.run_id, record, context.get("command", ""), before, references)
        budget = plan.profile.model_dump(include={"hidden_size", "batch_size", "steps"})
        writer.log(run.info.run_id, params={"profile": plan.profile.name, **budget} if not run.data.params else {}, tags=context)
        self.client.log_dict(run.info.run_id, record.model_dump(), "plan.json")
        self.client.log_dict(run.info.run_id, context, "context.json")
        for plugin in plugins.active():  # to be read, and never run from here
            self.client.log_text(run.info.run_id, plugin.source, f"plugins/{plugin.module_name}.py")
        return writer


def source_tags(context: dict[str, str]) -> dict[str, str]:
    """Return MLflow's own tag for the git commit, where there is one."""
    return {"mlflow.source.git.commit": context["git_commit"]} if "git_commit" in context else {}


@dataclass
class BenchmarkWriter:
    """Write what belongs to one benchmark run.

    before      seconds by part of earlier runs of the same benchmark
    references  results of reference predictors of earlier runs
    n_failed    trials recorded by this writer that could not be run to their end
    warnings    what else went wrong, by what it is about
    """

    client: MlflowClient
    store: Store
    run_id: str
    plan: PlanRecord
    command: str
    before: Mapping[str, float]
    references: pd.DataFrame
    n_failed: int = 0
    warnings: dict[str, str] = field(default_factory=dict)

    def record(self, results: Sequence[Result], models: Mapping[str, bytes] | None = None) -> None:
        """Write the results of a cohort: a run for each condition and, below it, for each of its evaluation trials.

        `models` are .keras files of the best evaluation trials, by their condition's fingerprint. Raises `UsageError` when the
        store can no longer be written; what was recorded before stays.
        """
        measured = {name: frame(results) for name, frame in MEASURED.items()}  # once a cohort: to make a frame takes far longer than to take a part of it
        try:
            for condition in dict.fromkeys(result.trial.condition.fingerprint for result in results):
                of_condition = [result for result in results if result.trial.condition.fingerprint == condition]
                self.record_condition(of_condition, measured, (models or {}).get(condition))
        except (MlflowException, OSError, sqlalchemy.exc.SQLAlchemyError) as error:
            raise UsageError(
                f"tracking failed ({first_line(error)}); what was recorded is kept, and the same command goes on from there once the store can be written"
            ) from error
        self.n_failed += sum(result.status == "failed" for result in results)

    def record_condition(self, results: Sequence[Result], measured: Mapping[str, pd.DataFrame], model: bytes | None) -> None:
        condition = results[0].trial.condition
        # The conditions of a cohort differ in their mitigation alone.
        tables = {name: table[table.mitigation == str(condition.mitigation)] for name, table in measured.items()}
        tables["trials"] = trials_frame(self.plan.profile.name, results, [""] * len(results))
        row = conditions.statistics(condition, tables["trials"])
        failed = any(result.status == "failed" for result in results)
        again = self.plan.repeat_command(condition.task.name, condition.lag, condition.model, condition.mitigation)
        optional = {"no_gradient": row["note"], "inert": row["inert"]}
        tags = {
            "kind": "condition",
            "fingerprint": condition.fingerprint,
            "rules": RULES_VERSION,
            "benchmark_run": self.run_id,
            "mlflow.parentRunId": self.run_id,
            NOTE: conditions.note(condition, row, again or self.command),
            **{name: value for name, value in optional.items() if value},
        }
        run = self.client.create_run(self.store.conditions, run_name=condition.label, tags=tags)
        run_id = run.info.run_id
        # A tuning trial has no run: there are as many as evaluation trials and more, and none of their weights are kept.
        run_ids = [self.record_trial(run_id, result) if result.trial.phase == "evaluate" else "" for result in results]
        tables["trials"] = tables["trials"].assign(run_id=pd.Series(run_ids, dtype=tables["trials"].run_id.dtype))
        cause, n_cause = conditions.cause(row)
        params = conditions.params(condition) | {"cause": cause, "n_cause": n_cause, "diagnoses": row["diagnoses"]} | conditions.search_params(row)
        self.log(run_id, params=params, metrics=conditions.metrics(row))
        with tempfile.TemporaryDirectory() as folder:
            for name, table in tables.items():
                table.to_parquet(Path(folder) / f"{name}.parquet", index=False)
            self.artifacts(run).log_artifacts(folder)
        best = best_trial(results)
        if model and best:
            trained_by = {"trial_run": run_ids[[result is best for result in results].index(True)], "score": f"{best.score:g}"}
            log_model(self.client, self.store.conditions, run_id, best.trial, model, trained_by)
        # The status is written last: a condition counts as done only when all that belongs to it is stored.
        self.client.set_terminated(run_id, "FAILED" if failed else "FINISHED")

    def record_trial(self, parent: str, result: Result) -> str:
        """Write an evaluation trial as a run; only finite numbers become metrics."""
        trial = result.trial
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
        run = self.client.create_run(self.store.trials, run_name=f"{trial.condition.label} seed {trial.seed}", tags=tags)
        params = conditions.params(trial.condition) | {"learning_rate": trial.learning_rate, "seed": trial.seed}
        if result.trained:
            params |= {"copy_of": result.trained.copy_of} if result.trained.copy_of else {}
            self.save_weights(run, result.trained.weights)
        self.log(run.info.run_id, params=params, metrics=conditions.trial_metrics(result), curves=conditions.trial_curves(result))
        self.client.set_terminated(run.info.run_id, "FINISHED" if result.status == "finished" else "FAILED")
        return run.info.run_id

    def save_weights(self, run: Run, weights: Weights) -> None:
        with tempfile.TemporaryDirectory() as folder:
            arrays: dict[str, Any] = dict(weights)
            np.savez(Path(folder) / "weights.npz", **arrays)
            self.artifacts(run).log_artifact(str(Path(folder) / "weights.npz"))

    def artifacts(self, run: Run) -> ArtifactRepository:
        """The artifacts of a run, without asking the store for a run that it has just returned."""
        return get_artifact_repository(run.info.artifact_uri, tracking_uri=self.client.tracking_uri)

    def log(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        metrics: dict[str, float] | None = None,
        curves: dict[str, tuple[Any, Any]] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        """Write one batch: params, tags, figures at step 0, and curves thinned to `POINTS_PER_CURVE` points."""
        now = int(time() * 1000)
        points = [Metric(name, float(value), now, 0) for name, value in (metrics or {}).items() if np.isfinite(value)]
        for name, (steps, values) in (curves or {}).items():
            shown = np.unique(np.linspace(0, len(steps) - 1, min(POINTS_PER_CURVE, len(steps))).round().astype(int))
            points += [Metric(name, float(values[i]), now, int(steps[i])) for i in shown if np.isfinite(values[i])]
        self.client.log_batch(
            run_id,
            metrics=points,
            params=[Param(name, str(value)) for name, value in (params or {}).items()],
            tags=[RunTag(name, redact(value)) for name, value in (tags or {}).items()],
            synchronous=True,
        )

    def record_references(self, results: Sequence[ReferenceResult]) -> None:
        """Write the results of reference predictors, in place of earlier ones of the same task and lag."""
        new = references_frame(results)
        replaced = pd.MultiIndex.from_frame(self.references[["task", "lag"]]).isin(pd.MultiIndex.from_frame(new[["task", "lag"]]))
        table = typed(pd.concat([self.references[~replaced], new], ignore_index=True), REFERENCES)
        with tempfile.TemporaryDirectory() as folder:
            table.to_parquet(Path(folder) / "references.parquet", index=False)
            self.client.log_artifacts(self.run_id, folder)

    def record_warning(self, about: str, line: str) -> None:
        """Keep a warning as a tag of the benchmark's run."""
        self.warnings[about] = line
        self.log(self.run_id, tags={"warnings": "\n".join(self.warnings.values())})

    def record_times(self, times: Mapping[str, float]) -> None:
        """Write the seconds by part of the work to a file, since a dozen metrics would be a dozen charts on MLflow's pages."""
        self.client.log_dict(self.run_id, dict(times), TIMES)

    def conclude(self, figures: dict[str, float], verdict: str) -> None:
        """Write the figures of the whole benchmark, and a note with the Markdown `verdict`."""
        note = f"{self.plan.profile.description}\n\n{verdict}\n\nRun it again, or go on with it:\n\n```\n{self.command}\n```"
        self.log(self.run_id, metrics=figures, tags={NOTE: note})

    def attach(self, files: Iterable[Path], folder: str | None = None) -> None:
        """Write files as artifacts of the benchmark's run."""
        for path in files:
            self.client.log_artifact(self.run_id, str(path), folder)

    def close(self, status: str) -> None:
        self.client.set_terminated(self.run_id, status)
