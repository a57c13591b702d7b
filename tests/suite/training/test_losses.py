"""Losses and metrics of a cohort against scikit-learn's, trial by trial; and that what is no number is never right."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error

from unvanish.suite.models import MODELS
from unvanish.suite.training.losses import losses, metrics
from unvanish.suite.training.task_shape import TaskShape
from unvanish.tasks.adding import Adding
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TRIALS, BATCH = 3, 50


@pytest.mark.parametrize("task", [FirstSymbol(4), CopyMemory(2, copied=3, symbols=4)], ids=lambda task: task.name)
def test_classification_is_scikit_learns_over_the_loss_steps_and_the_scored_ones(task):
    random = np.random.default_rng(0)
    steps, scored = len(task.loss_steps), len(task.scored_steps)
    logits = random.normal(size=(steps, TRIALS, BATCH, task.output_size)).astype(np.float32)
    targets = random.integers(task.output_size, size=(steps, TRIALS, BATCH)).astype(np.int32)
    loss, metric = (f(TaskShape.of(task, MODELS["rnn"]), tf.constant(logits), tf.constant(targets)).numpy() for f in (losses, metrics))
    for trial in range(TRIALS):
        probabilities = softmax(logits[:, trial].astype(np.float64), axis=-1).reshape(-1, task.output_size)
        assert loss[trial] == pytest.approx(log_loss(targets[:, trial].ravel(), probabilities, labels=range(task.output_size)), rel=1e-5)
        right = accuracy_score(targets[-scored:, trial].ravel(), logits[-scored:, trial].argmax(-1).ravel())
        assert metric[trial] == pytest.approx(right, rel=1e-6)


def test_regression_is_squared_error_and_the_share_of_errors_below_the_tolerance():
    random = np.random.default_rng(0)
    targets = random.random((1, TRIALS, BATCH)).astype(np.float32)
    outputs = targets + random.normal(scale=0.1, size=targets.shape).astype(np.float32)
    loss, metric = (f(TaskShape.of(Adding(5), MODELS["rnn"]), tf.constant(outputs[..., None]), tf.constant(targets)).numpy() for f in (losses, metrics))
    for trial in range(TRIALS):
        assert loss[trial] == pytest.approx(mean_squared_error(targets[0, trial], outputs[0, trial]), rel=1e-5)
        assert metric[trial] == pytest.approx((np.abs(targets - outputs)[0, trial] < 0.08).mean(), rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_no_number_is_wrong(bad):
    """argmax of NaNs is class 0, and no comparison with a NaN exceeds a threshold: both must not count as right."""
    logits = np.full((1, 1, BATCH, 8), bad, np.float32)
    classes, values = (TaskShape.of(task, MODELS["rnn"]) for task in (FirstSymbol(4), Adding(5)))
    assert metrics(classes, tf.constant(logits), tf.zeros((1, 1, BATCH), tf.int32)).numpy() == [0]
    assert metrics(values, tf.constant(logits[..., :1]), tf.zeros((1, 1, BATCH))).numpy() == [0]
