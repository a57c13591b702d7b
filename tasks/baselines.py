"""Predictors without a memory of their own, by scikit-learn: the baselines that a model with a memory has to exceed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.task import Sequences, Task

STEPS = 10  # of a window: as many as a truncated gradient goes back by default
FOLDS = 3  # in which a logistic regression chooses how strongly it is regularised
PREVIOUS_TARGET = "previous target"  # the feature group that says what was right a step ago
SERIES = "series"  # the feature group that is the target itself at the steps before, in the target's unit
SYMBOLS = "symbols"  # the feature group of one-hot symbols of which the next one is the target, at many steps: predicted from counts
Features = Callable[[Task, NDArray[np.float32], int], NDArray[np.float32]]


def fit_and_score(task: Task, features: Features, estimator: Any, training: Sequences, test: Sequences) -> tuple[float, float]:
    """Fit an estimator of scikit-learn on features of `training` and return its loss and metric on `test`.

    The loss is the task's: cross-entropy in nats or squared error, mean over all loss steps, of which those that are not
    scored need no memory and count as known, as they do in the memoryless baseline. A class that occurs in no sequence of
    `training` has the probability 0, which costs as much as scikit-learn's `log_loss` makes it cost.
    """
    inputs, targets = scored_samples(task, features, training)
    estimator = for_few_samples(task, estimator, targets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an estimator stopped at its number of iterations is what is meant
        estimator.fit(inputs, targets)
    inputs, targets = scored_samples(task, features, test)
    if task.kind == "regression":
        outputs = estimator.predict(inputs).reshape(len(inputs), -1)
        loss = np.mean((outputs - targets.reshape(outputs.shape)) ** 2)
    else:
        from sklearn.metrics import log_loss

        known = estimator.predict_proba(inputs)
        probabilities = np.zeros((len(targets), task.output_size), known.dtype)
        probabilities[:, estimator.classes_] = known
        loss = log_loss(targets, probabilities, labels=range(task.output_size))
        outputs = np.log(np.maximum(probabilities, np.finfo(known.dtype).tiny))  # logits that are finite
    scored = len(task.scored_steps)
    by_sequence = outputs.reshape(scored, -1, task.output_size).swapaxes(0, 1)
    return float(loss) * scored / len(task.loss_steps), task.measure(by_sequence, test.targets[:, -scored:])


def for_few_samples(task: Task, estimator: Any, targets: NDArray[Any]) -> Any:
    """Return the estimator without what it holds samples out for, where it has too few of them: samples, or samples of a class."""
    counts = np.sort(np.unique(targets, return_counts=True)[1]) if task.kind == "classification" else np.array([len(targets)])
    held_out = -(-len(targets) // 10)
    if hasattr(estimator, "early_stopping") and (held_out < max(2, len(counts)) or counts[0] < 2):
        return estimator.set_params(early_stopping=False)
    if hasattr(estimator, "Cs") and (counts[-1] < FOLDS or counts[-2:][0] < 2):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression()
    return estimator


def scored_samples(task: Task, features: Features, sequences: Sequences) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Return a sample for each sequence and scored step: features [sample, feature] and targets.

    Targets are [sample] class numbers, [sample] values, or [sample, output] where a regression has several outputs: what scikit-learn takes.
    Sequences that are shorter than the task's, without the blank steps at their end, are evaluated as many steps earlier.
    """
    earlier = task.length - sequences.inputs.shape[1]
    features_by_step = [features(task, sequences.inputs, step - earlier) for step in task.scored_steps]
    targets = sequences.targets[:, -len(task.scored_steps) :].swapaxes(0, 1).reshape(-1, *sequences.targets.shape[2:])
    return np.concatenate(features_by_step), targets[:, 0] if targets.shape[1:] == (1,) else targets


def no_features(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """No feature at all: [sequence, 1] zeros."""
    return np.zeros((len(inputs), 1), np.float32)


def last_step(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The inputs at the step alone: [sequence, input]."""
    return inputs[:, step]


def window(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """[sequence, STEPS * input]; before the first step there is nothing but zeros."""
    before = np.pad(inputs, [(0, 0), (STEPS - 1, 0), (0, 0)])
    return before[:, step : step + STEPS].reshape(len(inputs), -1)


def all_steps(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The whole sequence at once: [sequence, time * input]."""
    return inputs.reshape(len(inputs), -1)


def previous_target(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The target of the row before, of a task whose inputs have it: [sequence, input]."""
    return inputs[:, step, task.feature_groups[PREVIOUS_TARGET]]


def series(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The last value of a series: [sequence, output]."""
    return inputs[:, step, task.feature_groups[SERIES]]


def season_ago(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The value of a series a season before the one that is asked for: [sequence, output]."""
    return inputs[:, step + 1 - task.season, task.feature_groups[SERIES]]


def constant(task: Task) -> Any:
    """The most frequent class, or the mean of each target."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyRegressor(strategy="mean") if task.kind == "regression" else DummyClassifier(strategy="prior")


def network(task: Task) -> Any:
    """A small feed-forward network; it stops when a tenth of its samples, held out, are no longer predicted better."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPRegressor if task.kind == "regression" else MLPClassifier
    return kind(hidden_layer_sizes=(32,), learning_rate_init=0.005, early_stopping=True, n_iter_no_change=30, max_iter=300, random_state=0)


def logistic(task: Task) -> Any:
    """Logistic regression, as strongly regularised as predicts held-out samples best: where nothing can be known, it says so."""
    from sklearn.linear_model import LogisticRegressionCV

    return LogisticRegressionCV(Cs=[1e-3, 10.0], cv=FOLDS, scoring="neg_log_loss")


def linear(task: Task) -> Any:
    """Logistic regression for a class; for a value, linear regression as strongly regularised as predicts held-out samples best."""
    if task.kind == "classification":
        return logistic(task)
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=np.logspace(-2, 4, 7))


def window_estimator(task: Task) -> Any:
    """Logistic regression for a class, a feed-forward network for a value."""
    return network(task) if task.kind == "regression" else logistic(task)


class Same:
    """A regressor, as scikit-learn's are, that predicts the value which it is given: nothing is fitted."""

    def fit(self, inputs: NDArray[np.float32], targets: NDArray[Any]) -> Same:
        return self

    def predict(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        return inputs


def same(task: Task) -> Any:
    """Persistence: what was is what will be."""
    return Same()
