"""Results as tables: one row a trial, one row a point of a curve, one row a step back of a gradient. Columns as in the public contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

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
    "rule": "str",
    "solved_at": "Int64",
    "diverged_at": "Int64",
    "loss": "float64",
    "score": "float64",
    "metric": "str",
    "metric_value": "float64",
    "max_gradient_norm": "float64",
    "clipped_share": "float64",
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
}
GRADIENTS = {**{name: TRIALS[name] for name in KEY}, "step": "int64", "steps_back": "int64", "norm": "float64"}


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
        outcome = result.outcome
        rows.append(
            {
                "benchmark": benchmark,
                **key(result),
                "steps": result.trial.condition.budget.steps,
                "status": result.status,
                "diagnosis": result.verdict.diagnosis,
                "rule": result.verdict.rule,
                "solved_at": result.solved_at,
                "diverged_at": outcome.diverged_at if outcome else None,
                "loss": outcome.loss if outcome else np.nan,
                "score": result.score,
                "metric": result.trial.condition.task.metric,
                "metric_value": outcome.metric if outcome else np.nan,
                "max_gradient_norm": outcome.max_gradient_norm if outcome else np.nan,
                "clipped_share": outcome.clipped_share if outcome else np.nan,
                "parameters": outcome.parameters if outcome else None,
                "seconds": outcome.seconds if outcome else np.nan,
                "run_id": run_id,
            }
        )
    return typed(pd.DataFrame(rows, columns=list(TRIALS)), TRIALS)


def curves_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial and evaluation: validation loss and score, mean training loss and largest gradient norm since the last."""
    parts = [
        pd.DataFrame(
            {
                **key(result),
                "step": result.outcome.curve.step,
                "loss": result.outcome.curve.loss,
                "score": result.outcome.curve.score,
                "training_loss": result.outcome.curve.training_loss,
                "gradient_norm": result.outcome.curve.gradient_norm,
            }
        )
        for result in results
        if result.outcome
    ]
    return typed(together(parts, CURVES), CURVES)


def gradients_frame(results: Sequence[Result]) -> pd.DataFrame:
    """One row a trial, probe and step back: the norm of dL/dh_t."""
    parts = []
    for result in results:
        if result.outcome and result.outcome.gradients.norm.size:
            probes, steps_back = result.outcome.gradients.norm.shape
            parts.append(
                pd.DataFrame(
                    {
                        **key(result),
                        "step": np.repeat(result.outcome.gradients.step, steps_back),
                        "steps_back": np.tile(np.arange(steps_back), probes),
                        "norm": result.outcome.gradients.norm.ravel(),
                    }
                )
            )
    return typed(together(parts, GRADIENTS), GRADIENTS)


def together(parts: Sequence[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return frame.astype(columns)
