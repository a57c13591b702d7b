"""Losses of a cohort against scikit-learn's and Keras', trial by trial."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax
from sklearn.metrics import log_loss, mean_squared_error

from unvanish.suite.models import MODELS
from unvanish.suite.training.losses import losses
from unvanish.suite.training.task_shape import TaskShape
from unvanish.tasks.adding import Adding
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TRIALS, BATCH = 3, 50


@pytest.mark.parametrize("task", [FirstSymbol(4), CopyMemory(2, copied=3, symbols=4)], ids=lambda task: task.name)
def test_classification_is_scikit_learns_over_the_loss_steps(task):
    random = np.random.default_rng(0)
    steps = len(task.loss_steps)
    logits = random.normal(size=(steps, TRIALS, BATCH, task.output_size)).astype(np.float32)
    targets = random.integers(task.output_size, size=(steps, TRIALS, BATCH)).astype(np.int32)
    loss = losses(TaskShape.of(task, MODELS["rnn"]), tf.constant(logits), tf.constant(targets)).numpy()
    for trial in range(TRIALS):
        probabilities = softmax(logits[:, trial].astype(np.float64), axis=-1).reshape(-1, task.output_size)
        assert loss[trial] == pytest.approx(log_loss(targets[:, trial].ravel(), probabilities, labels=range(task.output_size)), rel=1e-5)


@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_regression_is_the_squared_error_and_the_mean_over_the_outputs(outputs):
    random = np.random.default_rng(0)
    targets = random.random((4, TRIALS, BATCH, outputs), dtype=np.float32)
    predicted = targets + random.normal(scale=0.1, size=targets.shape).astype(np.float32)
    loss = losses(TaskShape.of(Adding(5), MODELS["rnn"]), tf.constant(predicted), tf.constant(targets)).numpy()
    for trial in range(TRIALS):
        mine, wanted = (values[:, trial].reshape(-1, outputs) for values in (predicted, targets))
        assert loss[trial] == pytest.approx(mean_squared_error(wanted, mine), rel=1e-5)
        assert loss[trial] == pytest.approx(float(keras.losses.MeanSquaredError()(wanted, mine)), rel=1e-5)
