"""The profiles that a diagnosis is measured by.

Every trial of the grid of learning rates and seeds is used, so the seeds of the study are the tuning seeds, and the one
evaluation seed a profile must have plays no part but for the rate that tuning chose. The grid grows, so that a remedy's own best
rate is seldom at an edge of the rates that were tried.
"""

from __future__ import annotations

from typing import Any

from unvanish.suite.diagnosis.predictions import predictions
from unvanish.suite.experiment.profile import Profile
from unvanish.suite.mitigations import MITIGATIONS

REMEDIES = {remedy for remedy, _ in predictions()}
COMMON = {
    "models": ["rnn", "lstm", "gru"],
    "mitigations": ["none", "truncated_bptt", *(name for name in MITIGATIONS.names if name in REMEDIES)],
    "hidden_size": 32,
    "batch_size": 32,
    "steps": 2000,
    "evaluate_every": 50,
    "validation_sequences": 512,
    "test_sequences": 512,
    "probe_sequences": 32,
    "learning_rates": {"count": 3, "most": 7, "ratio": 5.0, "sgd": 0.2, "rmsprop": 0.002, "adam": 0.002},
}


def study(split: str, seeds: range, tasks: list[dict[str, Any]]) -> Profile:
    """Return a profile of these tasks and lags, for one of the two splits."""
    settings = {
        "name": split,
        "description": f"what diagnoses predict, {split} split",
        "tuning_seeds": list(seeds),
        "evaluation_seeds": [999],
        "task": tasks,
    }
    return Profile.model_validate({**COMMON, **settings})


DEVELOPMENT = study(
    "development",
    range(301, 309),
    [
        {"name": "first_symbol", "lags": [25]},
        {"name": "temporal_order", "lags": [30]},
        {"name": "exercise_schedule", "lags": [8, 15]},
        {"name": "adding", "lags": [30]},
    ],
)
# A task that no threshold was set on, and other lags and seeds of two that were among those they were set on.
HELD_OUT = study(
    "held-out",
    range(501, 509),
    [
        {"name": "copy_memory", "lags": [10], "parameters": {"copied": 3, "symbols": 4}},
        {"name": "exercise_schedule", "lags": [22]},
        {"name": "adding", "lags": [20]},
    ],
)
STUDIES = {profile.name: profile for profile in (HELD_OUT, DEVELOPMENT)}
