"""The LSTM, forward and back, against Keras' cell and against a closed form."""

import numpy as np
import pytest

from tests.support.twin import random_sequences, random_weights, twin
from unvanish.suite.explain import lstm
from unvanish.suite.explain.activations import sigmoid
from unvanish.suite.explain.recurrence import Weights


@pytest.mark.parametrize("counted", [np.eye(6)[-1], np.ones(6)], ids=["last day", "every day"])
def test_outputs_error_and_all_gradients_are_those_of_keras(counted):
    weights = random_weights(hidden=3, inputs=2, outputs=4, seed=8, gates=(4,))
    x, actual = random_sequences(time=6, sequences=2, inputs=2, outputs=4, seed=8)
    ours, theirs = lstm.through_time(weights, x, actual, counted), twin(weights, x, actual, counted)
    np.testing.assert_allclose(ours.h, theirs.h, rtol=1e-11)
    np.testing.assert_allclose(ours.y, theirs.y, rtol=1e-11)
    np.testing.assert_allclose(ours.error, theirs.error, rtol=1e-12)
    np.testing.assert_allclose(ours.of_state, theirs.of_state, rtol=1e-9, atol=1e-14)
    for name, mine, keras in zip(Weights._fields, ours.gradients, theirs.gradients, strict=True):
        np.testing.assert_allclose(mine, keras, rtol=1e-9, atol=1e-14, err_msg=name)


def test_with_nothing_through_the_candidate_the_gradient_of_the_cell_is_a_power_of_the_forget_gate():
    vanilla = random_weights(hidden=3, inputs=2, outputs=2, seed=2)
    vanilla = vanilla._replace(W_h=np.zeros((3, 3)))
    weights = lstm.around(vanilla)
    x, actual = random_sequences(time=9, sequences=1, inputs=2, outputs=2, seed=2)
    back = lstm.through_time(weights, x, actual, np.eye(9)[-1])
    forget = sigmoid(lstm.FORGET_BIAS)
    np.testing.assert_allclose(back.of_state, back.of_state[-1] * (forget ** np.arange(8, -1, -1))[:, None, None], rtol=1e-12)
    np.testing.assert_allclose(back.slope, forget)


def test_an_lstm_around_a_network_has_its_weights_in_the_candidate_and_nowhere_else():
    vanilla = random_weights(hidden=2, inputs=3, outputs=3, seed=4)
    weights = lstm.around(vanilla)
    for name in ("W_x", "W_h", "b_h"):
        gated = getattr(weights, name)
        np.testing.assert_array_equal(gated[lstm.CANDIDATE], getattr(vanilla, name))
        others = np.delete(gated, lstm.CANDIDATE, axis=0)
        assert set(others.flat) == ({0.0, 1.0} if name == "b_h" else {0.0})
    assert (weights.b_h[lstm.FORGET] == 1.0).all()
