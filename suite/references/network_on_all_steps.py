"""A whole recorded sequence at once, by a feed-forward network, which has nothing to remember either."""

from __future__ import annotations

from suite.references.reference import Reference
from tasks import baselines
from tasks.recorded import sees_all_steps

REFERENCE = Reference(
    name="network on all steps",
    summary="a feed-forward network on all steps at once",
    position=9,
    features=baselines.all_steps,
    estimator=baselines.network,
    applies=sees_all_steps,
)
