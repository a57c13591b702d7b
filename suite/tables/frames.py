"""Results as tables with the columns of the public contract: a row a trial, evaluation, probe, step back, or reference predictor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.experiment.trial import Diagnosis, Result, TrainedTrial
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tables.measurements import Rows, curve_rows, gradient_rows, probe_rows
from unvanish.suite.tables.schema import AT_LAST_PROBE, CURVES, GRADIENTS, JUDGEMENT, PROBES, REFERENCES, STEP_COSTS, TRIALS, Table, empty, typed


def key(result: Result) -> dict[str, Any]:
    """The columns `KEY`, which identify a trial within a benchmark."""
    trial, condition = result.trial, result.trial.condition
    return {
        "task": condition.task.name,
        "lag": condition.lag,
        "model": condition.model,
        "mitigation": condition.mitigation,
        "phase": trial.phase,
        "learning_rate": trial.learning_rate,
        "seed": trial.seed,
    }


def judgement(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis of a trial as the columns `JUDGEMENT`."""
    events = ";".join(f"{event.name}@{event.step}" for event in diagnosis.events)
    return {"diagnosis": diagnosis.word, "events": events} | {name: getattr(diagnosis, name) for name in JUDGEMENT if name not in ("diagnosis", "events")}


def trials_frame(benchmark: str, results: Sequence[Result], run_ids: Sequence[str]) -> pd.DataFrame:
    """One row a trial, a failed one included: its loss and score are then missing."""
    rows = []
    for result, run_id in zip(results, run_ids, strict=True):
        trained, condition = result.trained, result.trial.condition
        row = {"benchmark": benchmark, **key(result), "steps": condition.budget.steps, "status": result.status, **judgement(result.diagnosis)}
        row |= {"copy_of": "", "metric": condition.task.metric, "hidden_size": condition.budget.hidden_size, "run_id": run_id}
        if trained:
            row |= {name: getattr(trained, name) for name in ("copy_of", "diverged_at", "loss", "max_gradient_norm", "clipped_share", "parameters", "seconds")}
            row |= {"metric_value": trained.metric, **{name: trained.probes.figure(name)[-1] for name in AT_LAST_PROBE}}
        rows.append(row)
    return typed(pd.DataFrame(rows, columns=list(TRIALS)), TRIALS)


def curves_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial and evaluation: validation loss and score; mean training loss, largest and median gradient norm, share of steps clipped
    and median change of the weights since the last."""
    return frame_of(results, lambda trained: curve_rows(trained.curve), CURVES)


def probes_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe step and figure that was measured, and of a figure by time step one row a step back; but for norms of gradients."""
    return frame_of(results, lambda trained: probe_rows(trained.probes), PROBES)


def gradients_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe and step back: the norm of dL/dh_t and, where there is one, dL/dc_t, of the last loss and of all losses."""
    return frame_of(results, lambda trained: gradient_rows(trained.probes), GRADIENTS)


def frame_of(results: Sequence[Result], rows_of: Callable[[TrainedTrial], Rows], table: Table) -> pd.DataFrame:
    """The rows of all trials that were trained, each with the key of its trial.

    All columns are joined once: a frame for each of some thousand trials takes several times as long.
    """
    parts: list[Mapping[str, Any]] = [{**key(result), **rows_of(result.trained)} for result in results if result.trained]
    if not parts:
        return empty(table)
    lengths = [len(part["step"]) for part in parts]
    joined = {name: np.concatenate([np.broadcast_to(part[name], length) for part, length in zip(parts, lengths, strict=True)]) for name in table}
    return typed(pd.DataFrame(joined), table)


def references_frame(results: Sequence[ReferenceResult]) -> pd.DataFrame:
    """One row a reference predictor, task and lag."""
    rows = [
        {
            "task": result.task.name,
            "lag": result.task.lag,
            "reference": result.reference,
            "loss": result.loss,
            "score": result.score,
            "metric": result.task.metric,
            "metric_value": result.metric,
            "fingerprint": result.fingerprint,
        }
        for result in results
    ]
    return typed(pd.DataFrame(rows, columns=list(REFERENCES)), REFERENCES)


def step_costs_frame(costs: Sequence[StepCost]) -> pd.DataFrame:
    """One row a condition whose training step was timed, or could not be."""
    rows = [
        {
            "task": cost.condition.task.name,
            "lag": cost.condition.lag,
            "model": cost.condition.model,
            "mitigation": cost.condition.mitigation,
            "fingerprint": cost.condition.fingerprint,
            **{name: getattr(cost, name) for name in ("milliseconds", "ratio", "ratio_low", "ratio_high", "pairs")},
        }
        for cost in costs
    ]
    return typed(pd.DataFrame(rows, columns=list(STEP_COSTS)), STEP_COSTS)
