"""The same answer always."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines

REFERENCE = Reference(
    name="majority",
    summary="the most frequent class, or the mean of the targets, whatever the input",
    position=1,
    features=baselines.no_features,
    estimator=baselines.constant,
)
