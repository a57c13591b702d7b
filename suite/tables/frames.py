"""Results as tables with the columns of the public contract: a row a trial, evaluation, probe, step back, or reference predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.experiment.trial import GRADIENTS as GRADIENT_NORMS
from unvanish.suite.experiment.trial import Probes, Result
from unvanish.suite.references import ReferenceResult

KEY = ["task", "lag", "model", "mitigation", "phase", "learning_rate", "seed"]
TRIALS = {
    "benchmark": "str",
    "task": "str",
    "lag": "int64",
    "model": "str",
    "mitigation": "str",
    "phase": "str",
    "learning_rate": "float64",
    "seed": "int64",
    "steps": "int64",
    "status": "str",
    "diagnosis": "str",
    "outcome": "str",
    "cause": "str",
    "events": "str",
    "rule": "str",
    "onset_step": "Int64",
    "inert": "str",
    "solved_at": "Int64",
    "diverged_at": "Int64",
    "loss": "float64",
    "score": "float64",
    "metric": "str",
    "metric_value": "float64",
    "max_gradient_norm": "float64",
    "clipped_share": "float64",
    "saturated_share": "float64",
    "dead_share": "float64",
    "spectral_radius": "float64",
    "largest_singular_value": "float64",
    "hidden_size": "int64",
    "parameters": "Int64",
    "seconds": "float64",
    "run_id": "str",
}
JUDGEMENT = ["diagnosis", "outcome", "cause", "events", "rule", "onset_step", "inert", "solved_at", "score"]
CURVE_COLUMNS = {  # fields of a curve and the columns they are in
    "loss": "loss",
    "metric": "metric_value",
    "score": "score",
    "training_loss": "training_loss",
    "gradient_norm": "gradient_norm",
    "gradient_norm_median": "gradient_norm_median",
    "clipped_share": "clipped_share",
    "update_ratio": "update_ratio",
}
CURVES = {
    **{name: TRIALS[name] for name in KEY},
    "step": "int64",
    **dict.fromkeys(CURVE_COLUMNS.values(), "float64"),
}
AT_LAST_PROBE = ["saturated_share", "dead_share", "spectral_radius", "largest_singular_value"]
PROBES = {**{name: TRIALS[name] for name in KEY}, "step": "int64", "probe": "str", "steps_back": "Int64", "value": "float64"}
GRADIENTS = {
    **{name: TRIALS[name] for name in KEY},
    "step": "int64",
    "steps_back": "int64",
    **dict.fromkeys(GRADIENT_NORMS, "float64"),
}


REFERENCES = {
    **{name: TRIALS[name] for name in ("task", "lag")},
    "reference": "str",
    **{name: TRIALS[name] for name in ("loss", "score", "metric", "metric_value")},
    "fingerprint": "str",
}


def key(result: Result) -> dict[str, Any]:
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


def judgement(result: Result) -> dict[str, Any]:
    """What the rules made of a trial, as the columns `JUDGEMENT`."""
    diagnosis = result.diagnosis
    return {
        "diagnosis": diagnosis.word,
        "outcome": diagnosis.outcome,
        "cause": diagnosis.cause,
        "events": ";".join(f"{event.name}@{event.step}" for event in diagnosis.events),
        "rule": diagnosis.rule,
        "onset_step": diagnosis.onset_step,
        "inert": result.inert,
        "solved_at": result.solved_at,
        "score": result.score,
    }


def trials_frame(benchmark: str, results: Sequence[Result], run_ids: Sequence[str]) -> pd.DataFrame:
    """One row a trial, a failed one included: its loss is then missing and its score 0."""
    rows = []
    for result, run_id in zip(results, run_ids, strict=True):
        trained = result.trained
        rows.append(
            {
                "benchmark": benchmark,
                **key(result),
                "steps": result.trial.condition.budget.steps,
                "status": result.status,
                **judgement(result),
                "diverged_at": trained.diverged_at if trained else None,
                "loss": trained.loss if trained else np.nan,
                "metric": result.trial.condition.task.metric,
                "metric_value": trained.metric if trained else np.nan,
                "max_gradient_norm": trained.max_gradient_norm if trained else np.nan,
                "clipped_share": trained.clipped_share if trained else np.nan,
                **{name: trained.probes.figure(name)[-1] if trained else np.nan for name in AT_LAST_PROBE},
                "hidden_size": result.trial.condition.budget.hidden_size,
                "parameters": trained.parameters if trained else None,
                "seconds": trained.seconds if trained else np.nan,
                "run_id": run_id,
            }
        )
    return typed(pd.DataFrame(rows, columns=list(TRIALS)), TRIALS)


def curves_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial and evaluation: validation loss and score; mean training loss, largest and median gradient norm, share of steps clipped
    and median change of the weights since the last."""
    parts = []
    for result in results:
        if result.trained:
            curve = result.trained.curve
            parts.append({**key(result), "step": curve.step, **{column: getattr(curve, name) for name, column in CURVE_COLUMNS.items()}})
    return rows_of(parts, CURVES)


def probes_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe step and figure that was measured, and of a figure by time step one row a step back; but for norms of gradients."""
    parts = []
    for result in results:
        if result.trained:
            probes = result.trained.probes
            for name, values in probes.figures.items():
                parts.append({**key(result), "step": probes.step, "probe": name, "steps_back": np.nan, "value": values})
            for name in (name for name in probes.by_step if name not in probes.gradients):
                parts.append({**key(result), **steps_and_steps_back(probes, name), "probe": name, "value": probes.by_step[name].ravel()})
    return rows_of(parts, PROBES)


def gradients_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe and step back: the norm of dL/dh_t and, where there is one, dL/dc_t, of the last loss and of all losses."""
    parts = []
    for result in results:
        if result.trained and result.trained.probes.gradients:
            probes = result.trained.probes
            norms = {name: probes.gradients[name].ravel() if name in probes.gradients else np.nan for name in GRADIENT_NORMS}
            parts.append({**key(result), **steps_and_steps_back(probes, next(iter(probes.gradients))), **norms})
    return rows_of(parts, GRADIENTS)


def steps_and_steps_back(probes: Probes, name: str) -> dict[str, NDArray[np.integer]]:
    """Of each value that a figure by time step has, the step of training and the steps back from the end of the sequence."""
    count, steps_back = probes.by_step[name].shape
    return {"step": np.repeat(probes.step, steps_back), "steps_back": np.tile(np.arange(steps_back), count)}


def rows_of(parts: Sequence[Mapping[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows that come in parts, each with an array a column, or the one value that all of its rows have; "step" is an array.

    All columns are joined once: a frame for each of some thousand parts takes several times as long.
    """
    if not parts:
        return typed(pd.DataFrame(columns=list(columns)), columns)
    lengths = [len(part["step"]) for part in parts]
    joined = {name: np.concatenate([np.broadcast_to(part[name], length) for part, length in zip(parts, lengths, strict=True)]) for name in columns}
    return typed(pd.DataFrame(joined), columns)


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


def typed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    return frame.astype(columns)
