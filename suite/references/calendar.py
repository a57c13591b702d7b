"""The source document's own feed-forward network (S3): day of the week, month and health, and nothing of the rotation."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks.baselines import network

REFERENCE = Reference(
    name="calendar only",
    summary="a feed-forward network on day of the week, month and health",
    position=2,
    source_rows="S3",
    features=lambda task, inputs, step: inputs[:, step, task.feature_groups["calendar"]],
    estimator=network,
    applies=lambda task: "calendar" in task.feature_groups,
)
