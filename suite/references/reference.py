"""The base class of reference predictors: features of a sequence, and the scikit-learn estimator that learns from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unvanish.suite.experiment.plan import Budget
from unvanish.suite.experiment.versions import library_versions, version_of_instance, version_of_task
from unvanish.tasks import Sequences, Task
from unvanish.tasks.baselines import Features, fit_and_score
from unvanish.tasks.registry import Registry, additions

TRAINING_SEQUENCES = 2000


@dataclass(frozen=True)
class Reference:
    """A predictor of a task's targets at its scored steps.

    features    of inputs [sequence, time, input] at a time step: [sequence, feature]
    estimator   a new scikit-learn classifier or regressor, with its random numbers fixed
    applies     whether it makes sense for a task
    version     raised by hand when its results change; without one, 1, or of a plug-in's the digest of its file
    """

    name: str
    summary: str
    position: int
    features: Features
    estimator: Callable[[Task], Any]
    source_rows: str = ""
    version: int | None = None
    applies: Callable[[Task], bool] = lambda task: True


REFERENCES: Registry[Reference] = Registry("unvanish.suite.references", "reference", "REFERENCE", lambda thing: isinstance(thing, Reference))


@dataclass(frozen=True)
class ReferenceResult:
    """The result of a reference predictor on the test set of a task at a lag; loss, metric and score as of a trial.

    The score is computed when the result is made: on a worker, where what a task raises costs this result alone.
    """

    task: Task
    reference: str
    loss: float
    metric: float
    fingerprint: str = ""
    score: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "score", self.task.score(self.loss, self.metric))


def fingerprint(task: Task, budget: Budget) -> str:
    """The digest of all that decides what the reference predictors reach on a task."""
    shipped = {name: reference.version or 1 for name, reference in REFERENCES.own.items() if reference.applies(task)}
    added = {reference.name: version_of_instance(reference, module) for module, reference in additions("reference", "REFERENCE") if may_apply(reference, task)}
    decides = {
        "task": [task.name, task.lag, task.parameters, version_of_task(task)],
        "sequences": [budget.test_sequences, budget.validation_sequences],
        "references": {**shipped, **added},
        "libraries": library_versions("scikit-learn", "numpy"),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


def may_apply(reference: Reference, task: Task) -> bool:
    """Return whether a predictor makes sense for a task; also where it cannot say so, since what it raises is told where it is fitted."""
    try:
        return reference.applies(task)
    except Exception:  # whatever a plug-in raises
        return True


def evaluate(reference: Reference, task: Task, test: Sequences, fingerprint: str = "") -> ReferenceResult:
    """Trains it on sequences of its own and asks it about `test`; see `unvanish.tasks.baselines.fit_and_score`."""
    training = task.sample(task.available("reference", TRAINING_SEQUENCES), "reference")
    loss, metric = fit_and_score(task, reference.features, reference.estimator(task), training, test)
    return ReferenceResult(task, reference.name, loss, metric, fingerprint)


def test_set(task: Task, budget: Budget) -> Sequences:
    """The sequences that the trials of a task are tested on."""
    parts = list(task.evaluation_parts("test", budget.test_sequences, budget.validation_sequences))
    return Sequences(np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts]))
