"""The value of a series a season ago: what a forecast of a seasonal series has to beat."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines

REFERENCE = Reference(
    name="a season ago",
    summary="the value of the series a season before the one that is asked for",
    position=6,
    source_rows="S14",
    features=baselines.season_ago,
    estimator=baselines.same,
    applies=lambda task: task.season > 0,
)
