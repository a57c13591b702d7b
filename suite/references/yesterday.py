"""Yesterday alone, a Markov predictor: enough after an attended day, useless after a missed one (S5)."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks.baselines import logistic

REFERENCE = Reference(
    name="yesterday only",
    summary="logistic regression on yesterday's exercise",
    position=3,
    source_rows="S5",
    features=lambda task, inputs, step: inputs[:, step, task.feature_groups["yesterday"]],
    estimator=logistic,
    applies=lambda task: "yesterday" in task.feature_groups,
)
