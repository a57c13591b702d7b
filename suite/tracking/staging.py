"""The results of a cohort as staged folders, one a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis import RULES_VERSION
from unvanish.suite.experiment.best_trial import best_trial
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.trial import Result
from unvanish.suite.redaction import redact
from unvanish.suite.tables.frames import curves_frame, gradients_frame, probes_frame, trials_frame
from unvanish.suite.tracking import conditions
from unvanish.suite.tracking.logged_model import describe_model, write_model_files
from unvanish.suite.tracking.staged import MODEL, TABLES, StagedCondition, StagedReferences, StagedTrial, stage

NOTE = "mlflow.note.content"
MEASURED = {"curves": curves_frame, "probes": probes_frame, "gradients": gradients_frame}
POINTS_PER_CURVE = 60


def stage_cohort(folder: Path, run_id: str, plan: PlanRecord, command: str, results: Sequence[Result], models: Mapping[str, bytes]) -> list[Callable[[], Path]]:
    """Return a function for each condition of a cohort, which writes its results as a staged folder below `folder`.

    models    .keras files of the best evaluation trials, by their condition's fingerprint
    The functions raise `OSError` where the disk is full.
    """
    measured = {name: frame(results) for name, frame in MEASURED.items()}  # once a cohort: to make a frame takes far longer than to take a part of it
    of_condition: dict[str, list[Result]] = {}
    for result in results:
        of_condition.setdefault(result.trial.condition.fingerprint, []).append(result)
    return [partial(stage_condition, folder, run_id, plan, command, of_one, measured, models.get(fingerprint)) for fingerprint, of_one in of_condition.items()]


def stage_condition(
    folder: Path, run_id: str, plan: PlanRecord, command: str, results: Sequence[Result], measured: Mapping[str, pd.DataFrame], keras_file: bytes | None
) -> Path:
    """Write the results of a condition as a staged folder; `measured` are tables of its whole cohort."""
    condition = results[0].trial.condition
    trials = trials_frame(plan.profile.name, results, [""] * len(results))
    row = conditions.statistics(condition, trials)
    again = plan.repeat_command(condition.task.name, condition.lag, condition.model, condition.mitigation)
    optional = {"no_gradient": row["note"], "inert": row["inert"]}
    tags = {
        "kind": "condition",
        "fingerprint": condition.fingerprint,
        "rules": RULES_VERSION,
        "benchmark_run": run_id,
        "mlflow.parentRunId": run_id,
        NOTE: conditions.note(condition, row, again or command),
        **{name: value for name, value in optional.items() if value},
    }
    cause, n_cause = conditions.cause(row)
    params = conditions.params(condition) | {"cause": cause, "n_cause": n_cause, "diagnoses": row["diagnoses"]} | conditions.search_params(row)
    best = best_trial(results)
    item = StagedCondition(
        benchmark_run=run_id,
        name=condition.label,
        tags=as_text(tags),
        params=as_text(params),
        metrics=finite(conditions.metrics(row)),
        status="FAILED" if any(result.status == "failed" for result in results) else "FINISHED",
        # A tuning trial has no run: there are as many as evaluation trials and more, and none of their weights are kept.
        trials=[staged_trial(index, run_id, result) for index, result in enumerate(results) if result.trial.phase == "evaluate"],
        model=describe_model(best, [result is best for result in results].index(True)) if keras_file and best else None,
    )

    def write_files(folder: Path) -> None:
        trials.to_parquet(folder / "trials.parquet", index=False)
        (folder / TABLES).mkdir()
        for name, table in measured.items():
            # The conditions of a cohort differ in their mitigation alone.
            table[table.mitigation == str(condition.mitigation)].to_parquet(folder / TABLES / f"{name}.parquet", index=False)
        for trial in item.trials:
            if trained := results[trial.row].trained:
                (folder / trial.folder).mkdir()
                arrays: dict[str, Any] = dict(trained.weights)
                np.savez(folder / trial.folder / "weights.npz", **arrays)
        if keras_file and best:
            write_model_files(folder / MODEL, best.trial, keras_file)

    return stage(folder, item, write_files)


def staged_trial(row: int, benchmark_run: str, result: Result) -> StagedTrial:
    """The run of an evaluation trial; only finite numbers become metrics."""
    trial = result.trial
    tags = {
        "kind": "trial",
        "phase": trial.phase,
        "diagnosis": result.diagnosis.word,
        "outcome": result.diagnosis.outcome,
        "cause": result.diagnosis.cause,
        "rule": result.diagnosis.rule,
        "benchmark_run": benchmark_run,
    }
    params = conditions.params(trial.condition) | {"learning_rate": trial.learning_rate, "seed": trial.seed}
    if result.trained and result.trained.copy_of:
        params["copy_of"] = result.trained.copy_of
    return StagedTrial(
        row=row,
        name=f"{trial.condition.label} seed {trial.seed}",
        tags=as_text(tags),
        params=as_text(params),
        metrics=finite(conditions.trial_metrics(result)),
        curves={name: thinned(steps, values) for name, (steps, values) in conditions.trial_curves(result).items()},
        status="FINISHED" if result.status == "finished" else "FAILED",
    )


def stage_references(folder: Path, run_id: str, table: pd.DataFrame) -> Path:
    """Write all results of reference predictors of a benchmark as a staged folder."""

    def write_files(folder: Path) -> None:
        (folder / TABLES).mkdir()
        table.to_parquet(folder / TABLES / "references.parquet", index=False)

    return stage(folder, StagedReferences(benchmark_run=run_id), write_files)


def as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Return params or tags as the text that MLflow holds, without passwords of addresses."""
    return {name: redact(value) for name, value in values.items()}


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return those metrics that are finite numbers."""
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def thinned(steps: Any, values: Any) -> list[tuple[int, float]]:
    """At most `POINTS_PER_CURVE` points of a curve, spread over its length; of these, those that are finite."""
    shown = np.unique(np.linspace(0, len(steps) - 1, min(POINTS_PER_CURVE, len(steps))).round().astype(int))
    return [(int(steps[index]), float(values[index])) for index in shown if np.isfinite(values[index])]
