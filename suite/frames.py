"""Results as tables with the columns of the public contract: a row a trial, evaluation, probe, step back, or reference predictor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from suite.references import ReferenceResult
from suite.trial import Result

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
CURVES = {
    **{name: TRIALS[name] for name in KEY},
    "step": "int64",
    "loss": "float64",
    "score": "float64",
    "training_loss": "float64",
    "gradient_norm": "float64",
    "gradient_norm_median": "float64",
    "clipped_share": "float64",
    "update_ratio": "float64",
}
UNITS = ["saturated_share", "dead_share", "spectral_radius", "largest_singular_value"]
PROBES = {**{name: TRIALS[name] for name in KEY}, "step": "int64", **{name: TRIALS[name] for name in UNITS}}
GRADIENTS = {
    **{name: TRIALS[name] for name in KEY},
    "step": "int64",
    "steps_back": "int64",
    "norm": "float64",
    "cell_norm": "float64",
    "input_norm": "float64",
    "total_norm": "float64",
    "total_cell_norm": "float64",
    "total_input_norm": "float64",
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
                "diagnosis": result.diagnosis.word,
                "outcome": result.diagnosis.outcome,
                "cause": result.diagnosis.cause,
                "events": ";".join(f"{event.name}@{event.step}" for event in result.diagnosis.events),
                "rule": result.diagnosis.rule,
                "onset_step": result.diagnosis.onset_step,
                "inert": result.inert,
                "solved_at": result.solved_at,
                "diverged_at": trained.diverged_at if trained else None,
                "loss": trained.loss if trained else np.nan,
                "score": result.score,
                "metric": result.trial.condition.task.metric,
                "metric_value": trained.metric if trained else np.nan,
                "max_gradient_norm": trained.max_gradient_norm if trained else np.nan,
                "clipped_share": trained.clipped_share if trained else np.nan,
                **{name: getattr(trained.probes, name)[-1] if trained else np.nan for name in UNITS},
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
    parts = [
        pd.DataFrame(
            {
                **key(result),
                "step": result.trained.curve.step,
                "loss": result.trained.curve.loss,
                "score": result.trained.curve.score,
                "training_loss": result.trained.curve.training_loss,
                "gradient_norm": result.trained.curve.gradient_norm,
                "gradient_norm_median": result.trained.curve.gradient_norm_median,
                "clipped_share": result.trained.curve.clipped_share,
                "update_ratio": result.trained.curve.update_ratio,
            }
        )
        for result in results
        if result.trained
    ]
    return typed(together(parts, CURVES), CURVES)


def probes_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial and probe: shares of saturated and dead units, and how the recurrent weights stretch a state."""
    parts = [
        pd.DataFrame({**key(result), "step": result.trained.probes.step, **{name: getattr(result.trained.probes, name) for name in UNITS}})
        for result in results
        if result.trained
    ]
    return typed(together(parts, PROBES), PROBES)


def gradients_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe and step back: the norm of dL/dh_t and, where there is one, dL/dc_t, of the last loss and of all losses."""
    parts = []
    for result in results:
        if result.trained and result.trained.probes.gradients:
            probes = result.trained.probes
            count, steps_back = next(iter(probes.gradients.values())).shape
            steps = {"step": np.repeat(probes.step, steps_back), "steps_back": np.tile(np.arange(steps_back), count)}
            norms = {name: probes.gradients[name].ravel() if name in probes.gradients else np.nan for name in GRADIENTS if name.endswith("norm")}
            parts.append(pd.DataFrame({**key(result), **steps, **norms}))
    return typed(together(parts, GRADIENTS), GRADIENTS)


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


def together(parts: Sequence[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return frame.astype(columns)
