"""The last inputs at once, without a state: what a fixed window can know."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines
from unvanish.tasks.baselines import STEPS

REFERENCE = Reference(
    name=f"window of {STEPS}",
    summary=f"logistic regression (for a value, a feed-forward network) on the last {STEPS} inputs",
    position=7,
    features=baselines.window,
    estimator=baselines.window_estimator,
    applies=lambda task: baselines.SYMBOLS not in task.feature_groups,
)
