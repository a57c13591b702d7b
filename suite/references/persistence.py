"""The last value of a series as its next one: what a forecast has to beat."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines

REFERENCE = Reference(
    name="persistence",
    summary="the last value of the series, unchanged",
    position=5,
    source_rows="S14",
    features=baselines.series,
    estimator=baselines.same,
    applies=lambda task: baselines.SERIES in task.feature_groups,
)
