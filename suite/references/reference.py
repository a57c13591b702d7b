"""What every reference predictor is: features of a sequence, and the scikit-learn estimator that learns from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from unvanish.suite.experiment.fingerprints import modules_of
from unvanish.suite.experiment.plan import Budget
from unvanish.suite.plugins import syntax_of, used
from unvanish.tasks import Sequences, Task
from unvanish.tasks.baselines import Features, fit_and_ask

TRAINING_SEQUENCES = 2000


@dataclass(frozen=True)
class Reference:
    """A predictor of a task's targets at its scored steps.

    features    of inputs [sequence, time, input] at a time step: [sequence, feature]
    estimator   a new scikit-learn classifier or regressor, with its random numbers fixed
    applies     whether it makes sense for a task
    """

    name: str
    summary: str
    position: int
    features: Features
    estimator: Callable[[Task], Any]
    source_rows: str = ""
    applies: Callable[[Task], bool] = lambda task: True


@dataclass(frozen=True)
class ReferenceResult:
    """How a reference predictor does on the test set of a task at a lag; loss, metric and score as of a trial."""

    task: Task
    reference: str
    loss: float
    metric: float
    fingerprint: str = ""

    @property
    def score(self) -> float:
        return self.task.score(self.loss, self.metric)


def fingerprint(task: Task, budget: Budget) -> str:
    """Identifies by all that decides them what the reference predictors reach on a task."""
    own = sorted(f"unvanish.suite.references.{path.stem}" for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")
    plugged_in = [plugin.module_name for plugin in used()]
    modules = [*own, "unvanish.tasks.baselines", *modules_of(task), *plugged_in]
    settings = [task.name, task.lag, task.parameters, budget.test_sequences, budget.validation_sequences, version("scikit-learn")]
    return hashlib.sha256("".join([json.dumps(settings), *map(syntax_of, modules)]).encode()).hexdigest()[:16]


def evaluate(reference: Reference, task: Task, test: Sequences, fingerprint: str = "") -> ReferenceResult:
    """Trains it on sequences of its own and asks it about `test`; see `unvanish.tasks.baselines.fit_and_ask`."""
    training = task.sample(task.available("reference", TRAINING_SEQUENCES), "reference")
    loss, metric = fit_and_ask(task, reference.features, reference.estimator(task), training, test)
    return ReferenceResult(task, reference.name, loss, metric, fingerprint)


def test_set(task: Task, budget: Budget) -> Sequences:
    """The sequences that the trials of a task are tested on."""
    parts = list(task.evaluation_parts("test", budget.test_sequences, budget.validation_sequences))
    return Sequences(np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts]))
