"""The last step of a recorded sequence alone: what needs no memory at all."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines
from unvanish.tasks.recorded import RecordedTask

REFERENCE = Reference(
    name="last step",
    summary="logistic regression (for a value, ridge regression) on the inputs of the last step",
    position=4,
    features=baselines.last_step,
    estimator=baselines.linear,
    applies=lambda task: isinstance(task, RecordedTask) and baselines.SYMBOLS not in task.feature_groups,
)
