"""What every reference predictor is: features of a sequence, and the scikit-learn estimator that learns from them."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.plan import Budget
from suite.plugins import syntax_of, used
from tasks import Sequences, Task
from tasks.streams import generator

TRAINING_SEQUENCES = 2000

Features = Callable[[Task, NDArray[np.float32], int], NDArray[np.float32]]


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
    own = sorted(f"suite.references.{path.stem}" for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")
    plugged_in = [plugin.module_name for plugin in used()]
    modules = [*own, type(task).__module__, *plugged_in]
    settings = [task.name, asdict(task), budget.test_sequences, budget.validation_sequences, version("scikit-learn")]
    return hashlib.sha256("".join([json.dumps(settings), *map(syntax_of, modules)]).encode()).hexdigest()[:16]


def evaluate(reference: Reference, task: Task, test: Sequences, fingerprint: str = "") -> ReferenceResult:
    """Trains it on sequences of its own and asks it about `test`.

    The loss is the task's: cross-entropy in nats or squared error, mean over all loss steps, of which those that are not
    scored need no memory and count as known, as they do in the memoryless baseline.
    """
    features, targets = samples(reference, task, task.draw(generator("reference"), TRAINING_SEQUENCES))
    estimator = reference.estimator(task)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an estimator stopped at its number of iterations is what is meant
        estimator.fit(features, targets)
    features, targets = samples(reference, task, test)
    if task.kind == "regression":
        errors = estimator.predict(features) - targets
        loss, metric = np.mean(errors**2), np.mean(np.abs(errors) < task.tolerance)
    else:
        from sklearn.metrics import accuracy_score, log_loss

        probabilities = estimator.predict_proba(features)
        loss = log_loss(targets, probabilities, labels=estimator.classes_)
        metric = accuracy_score(targets, estimator.classes_[probabilities.argmax(axis=1)])
    return ReferenceResult(task, reference.name, float(loss) * len(task.scored_steps) / len(task.loss_steps), float(metric), fingerprint)


def test_set(task: Task, budget: Budget) -> Sequences:
    """The sequences that the trials of a task are tested on."""
    count = budget.validation_sequences
    parts = [task.draw(generator("test", 0, part), count) for part in range(budget.test_sequences // count)]
    return Sequences(np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts]))


def samples(reference: Reference, task: Task, sequences: Sequences) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """A sample for each sequence and scored step: features [sample, feature] and targets [sample]."""
    steps = task.scored_steps
    features = [reference.features(task, sequences.inputs, step) for step in steps]
    return np.concatenate(features), sequences.targets[:, -len(steps) :].T.ravel()


def network(task: Task) -> Any:
    """A small feed-forward network of scikit-learn; it stops when a tenth of its samples, held out, are no longer predicted better."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPRegressor if task.kind == "regression" else MLPClassifier
    return kind(hidden_layer_sizes=(32,), learning_rate_init=0.005, early_stopping=True, n_iter_no_change=30, max_iter=300, random_state=0)


def logistic(task: Task) -> Any:
    """Logistic regression, as strongly regularised as predicts held-out samples best: where nothing can be known, it says so."""
    from sklearn.linear_model import LogisticRegressionCV

    return LogisticRegressionCV(Cs=[1e-3, 10.0], cv=3, scoring="neg_log_loss")
