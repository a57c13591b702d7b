"""The last value of the target alone, where a recorded sequence has it among its inputs: a Markov predictor."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines

REFERENCE = Reference(
    name="last value",
    summary="logistic regression (for a value, ridge regression) on the target of the row before",
    position=5,
    features=baselines.previous_target,
    estimator=baselines.linear,
    applies=lambda task: baselines.PREVIOUS_TARGET in task.feature_groups,
)
