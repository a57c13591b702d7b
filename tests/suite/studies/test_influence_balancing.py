"""The chain on which truncation harms, against closed forms and TensorFlow's automatic differentiation."""

import numpy as np
import pytest
import tensorflow as tf

from unvanish.suite.studies.reproduction import KNOWN_RESULTS, Tables
from unvanish.suite.studies.reproduction.influence_balancing import UNITS, LinearChain


def test_the_whole_derivative_is_that_of_the_fixed_point():
    """s = (1 - A)^-1 theta b, so the derivative is minus six: the loss is least at theta = -1/6."""
    chain = LinearChain()
    fixed_point = np.linalg.solve(np.eye(UNITS) - chain.transition, chain.drive)[0]
    assert fixed_point == pytest.approx(-6)
    assert chain.derivative(500) == pytest.approx(fixed_point)


@pytest.mark.parametrize("window", [1, 10, 45])
def test_a_truncated_derivative_is_that_of_the_last_steps_alone(window):
    chain = LinearChain()
    theta, state = tf.Variable(0.3, dtype=tf.float64), tf.constant(np.random.default_rng(0).normal(size=UNITS))
    with tf.GradientTape() as tape:
        for _ in range(window):
            state = tf.linalg.matvec(tf.constant(chain.transition), state) + theta * chain.drive
        first = state[0]
    assert chain.derivative(window) == pytest.approx(float(tape.gradient(first, theta)))


def test_a_chain_without_opposed_units_is_learned_with_any_window():
    chain = LinearChain(units=5, positive=5)
    assert all(chain.train(window, rate=2e-4)[-1] < 1e-6 for window in (1, 5, 50))


def test_short_windows_have_the_wrong_sign_and_diverge_long_ones_converge():
    chain = LinearChain()
    assert chain.derivative(30) > 0 > chain.derivative(50)
    assert KNOWN_RESULTS["influence balancing"].measure(Tables.empty()).reproduced
    assert np.isfinite(chain.train(30)).all() and chain.train(30)[-1] > 1e6
