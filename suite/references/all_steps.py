"""A whole recorded sequence at once: what a linear predictor knows that has nothing to remember, since it sees everything."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks import baselines
from unvanish.tasks.recorded import fits_all_steps

REFERENCE = Reference(
    name="all steps",
    summary="logistic regression (for a value, ridge regression) on all steps at once",
    position=8,
    features=baselines.all_steps,
    estimator=baselines.linear,
    applies=fits_all_steps,
)
