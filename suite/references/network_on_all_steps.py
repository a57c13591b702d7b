"""A whole recorded sequence at once, by a feed-forward network, which has nothing to remember either."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines
from unvanish.tasks.recorded import fits_all_steps

REFERENCE = Reference(
    name="network on all steps",
    summary="a feed-forward network on all steps at once",
    position=9,
    features=baselines.all_steps,
    estimator=baselines.network,
    applies=fits_all_steps,
)
