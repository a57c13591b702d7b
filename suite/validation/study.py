"""The profiles that a diagnosis is measured by.

Every trial of the grid of learning rates and seeds is used, so the seeds of the study are the tuning seeds, and the one
evaluation seed a profile must have plays no part but for the rate that tuning chose.
"""

from __future__ import annotations

from suite.profile import Profile

COMMON = {
    "models": ["rnn", "lstm", "gru"],
    "mitigations": ["none", "truncated_bptt", "gradient_clipping", "rmsprop", "orthogonal"],
    "hidden_size": 32,
    "batch_size": 32,
    "steps": 2000,
    "evaluate_every": 50,
    "validation_sequences": 512,
    "test_sequences": 512,
    "probe_sequences": 32,
    "learning_rates": {"count": 3, "ratio": 5.0, "sgd": 0.2, "rmsprop": 0.002, "adam": 0.002},
}


def study(split: str, seeds: range, tasks: dict[str, list[int]]) -> Profile:
    """A profile of these tasks and lags, for one of the two splits."""
    of_split = {
        "name": split,
        "description": f"what diagnoses predict, {split} split",
        "tuning_seeds": list(seeds),
        "evaluation_seeds": [999],
        "task": [{"name": task, "lags": lags} for task, lags in tasks.items()],
    }
    return Profile.model_validate({**COMMON, **of_split})


TITLES = {"development": "Development split: thresholds were set on it", "held out": "Held-out split: thresholds are scored on it"}
STUDIES = (
    study("development", range(301, 309), {"first_symbol": [25], "temporal_order": [30]}),
    study("held out", range(401, 409), {"exercise_schedule": [8, 15], "adding": [30]}),
)
