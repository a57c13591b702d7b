"""The vanilla network, forward and back, against Keras' cell and against closed forms."""

import numpy as np
import pytest

from tests.support.twin import random_sequences, random_weights, twin
from unvanish.suite.explain.activations import RELU, SIGMOID, TANH, Activation
from unvanish.suite.explain.backpropagation import through_time
from unvanish.suite.explain.recurrence import Weights, forget, forward

LINEAR = Activation("linear", lambda z: z, np.ones_like)


@pytest.mark.parametrize("window", [None, 1, 3, 20])
@pytest.mark.parametrize("last_day_only", [True, False])
@pytest.mark.parametrize("activation", [TANH, RELU])
def test_outputs_error_and_all_gradients_are_those_of_keras(activation, last_day_only, window):
    weights = random_weights(hidden=4, inputs=3, outputs=2, seed=5)
    x, actual = random_sequences(time=7, sequences=3, inputs=3, outputs=2, seed=5)
    counted = np.zeros(7) if last_day_only else np.array([1.0, 0, 1, 1, 0, 1, 1])
    counted[-1] = 1
    # Where days before the window count too, their own weights get no gradient here: the cut ends the way back, it does not restart it.
    if window is not None and not last_day_only:
        counted[: max(len(x) - window, 0)] = 0
    ours = through_time(weights, x, actual, counted, activation, window)
    theirs = twin(weights, x, actual, counted, activation.name.lower(), window)
    np.testing.assert_allclose(ours.h, theirs.h, rtol=1e-12)
    np.testing.assert_allclose(ours.y, theirs.y, rtol=1e-11)
    np.testing.assert_allclose(ours.error, theirs.error, rtol=1e-12)
    np.testing.assert_allclose(ours.of_state, theirs.of_state, rtol=1e-9, atol=1e-14)
    for name, mine, keras in zip(Weights._fields, ours.gradients, theirs.gradients, strict=True):
        np.testing.assert_allclose(mine, keras, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("w", [0.5, 1.0, 1.3])
def test_the_gradient_of_a_linear_network_of_one_unit_is_a_power_of_its_weight(w):
    one = np.ones((1, 1))
    weights = Weights(one, w * one, np.zeros(1), one, np.zeros(1))
    x = np.zeros((21, 1, 1))
    x[0] = 1.0  # h(20) = w^20
    back = through_time(weights, x, np.zeros_like(x), np.eye(21)[-1], LINEAR)
    steps_back = np.arange(20, -1, -1)
    np.testing.assert_allclose(back.y[-1, 0, 0], w**20, rtol=1e-12)
    np.testing.assert_allclose(back.of_state[:, 0, 0], 2 * w**20 * w**steps_back, rtol=1e-12)
    np.testing.assert_allclose(back.gradients.W_x[0, 0], 2 * w**40, rtol=1e-12)  # E = (W_x w^20)^2
    np.testing.assert_allclose(back.gradients.W_h[0, 0], 40 * w**39, rtol=1e-12)
    np.testing.assert_allclose(back.norms, np.abs(back.of_state[:, 0, 0]))


def test_without_its_state_the_network_sees_each_day_alone():
    weights = random_weights(3, 3, 3, seed=1)
    x, _ = random_sequences(5, 2, 3, 3, seed=1)
    each_day_first = np.stack([forward(weights, x[[t]])[1][0] for t in range(5)])
    np.testing.assert_allclose(forget(weights, x), each_day_first)
    assert not np.allclose(forget(weights, x), forward(weights, x)[1])


@pytest.mark.parametrize("activation", [TANH, RELU, SIGMOID])
def test_the_derivative_is_that_of_the_function(activation):
    z = np.array([-3.0, -0.4, 0.2, 2.5])
    numerical = (activation.g(z + 1e-6) - activation.g(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(activation.slope(activation.g(z)), numerical, atol=1e-9)
