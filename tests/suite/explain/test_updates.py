"""The weight changes against Keras' optimizers."""

import keras
import numpy as np
import pytest

from tests.support.twin import random_weights
from unvanish.suite.explain.recurrence import Weights
from unvanish.suite.explain.updates import clipped, norm, rmsprop, sgd

RATE = 0.0625  # a power of two: Keras keeps it in single precision


def by_keras(optimizer, weights, gradients_of_updates):
    """The weights after updates with these gradients."""
    variables = [keras.Variable(weight, dtype="float64") for weight in weights]
    for gradients in gradients_of_updates:
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in gradients], variables)
    return [variable.numpy() for variable in variables]


def assert_equal(ours, theirs):
    for mine, keras_weight in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, keras_weight, rtol=1e-9, atol=1e-14)


@pytest.fixture
def weights():
    return random_weights(3, 2, 2, seed=0)


def scaled(factor, seed):
    return Weights(*(factor * g for g in random_weights(3, 2, 2, seed)))


def test_sgd_is_that_of_keras(weights):
    gradients = scaled(1.0, 1)
    assert_equal(weights.plus(sgd(gradients, RATE)), by_keras(keras.optimizers.SGD(RATE), weights, [gradients]))


@pytest.mark.parametrize("size", [1e-7, 1.0, 1e4])
def test_clipping_is_that_of_keras_over_all_gradients_together(weights, size):
    gradients = scaled(size, 1)
    theirs = by_keras(keras.optimizers.SGD(RATE, global_clipnorm=1.0), weights, [gradients])
    assert_equal(weights.plus(sgd(clipped(gradients, 1.0), RATE)), theirs)


def test_clipping_shortens_to_the_threshold_and_turns_nothing_and_lengthens_nothing():
    long, short = scaled(50.0, 1), scaled(1e-6, 1)
    assert norm(long) == pytest.approx(np.linalg.norm(np.concatenate([g.ravel() for g in long])))
    assert norm(clipped(long, 2.0)) == pytest.approx(2.0)
    for before, after in zip(long, clipped(long, 2.0), strict=True):
        np.testing.assert_allclose(after * norm(long) / 2.0, before)
    for before, after in zip(short, clipped(short, 2.0), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1e4])
def test_rmsprop_is_that_of_keras_over_several_updates(weights, size):
    gradients = [scaled(size, seed) for seed in (1, 2, 3)]
    theirs = by_keras(keras.optimizers.RMSprop(RATE, rho=0.9, epsilon=1e-7), weights, gradients)
    ours, mean_square = weights, None
    for g in gradients:
        change, mean_square = rmsprop(g, RATE, mean_square)
        ours = ours.plus(change)
    assert_equal(ours, theirs)


def test_a_first_step_of_rmsprop_knows_the_sign_of_a_large_gradient_only_and_epsilon_limits_a_small_one():
    for value, change in ((1e6, RATE / np.sqrt(0.1)), (-1e3, -RATE / np.sqrt(0.1)), (1e-9, RATE * 1e-9 / np.sqrt(1e-7))):
        gradients = Weights(*([np.array([value])] * 5))
        np.testing.assert_allclose(rmsprop(gradients, RATE)[0].W_x, -change, rtol=1e-6)
