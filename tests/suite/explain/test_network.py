"""The networks of the explanation, forward and back, against Keras' cells and against closed forms."""

import numpy as np
import pytest

from tests.support.twin import lstm_around, random_sequences, random_weights, twin
from unvanish.suite.explain.cures import around
from unvanish.suite.explain.network import Networks, Weights, side_by_side
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes


def of_one(run, network):
    """The pass of one of the networks, in the shapes of the twin."""
    return run.h[:, network].numpy(), run.y[:, network].numpy(), float(run.error[network]), run.state_gradient[:, network].numpy()


@pytest.mark.parametrize("window", [None, 1, 3, 20])
@pytest.mark.parametrize("days", [[6], [0, 2, 3, 5, 6]], ids=["last day", "five days"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_outputs_error_and_all_gradients_are_those_of_keras(activation, days, window):
    weights = [random_weights(hidden=4, inputs=3, outputs=2, seed=seed) for seed in (5, 6)]
    x, actual = random_sequences(time=7, sequences=3, inputs=3, outputs=2, seed=5)
    if window is not None:  # the twin cuts once; days before that cut have windows of their own here
        days = [day for day in days if day >= len(x) - window]
    parts = [*(["relu"] if activation == "relu" else []), *([f"truncated_bptt(window={window})"] if window else [])]
    networks = Networks(MODELS["rnn"], [find("+".join(parts) or "none")] * 2, rate=0.1, seed=0, lag=3)
    run = networks.forward_backward(side_by_side([each.by_name for each in weights]), x, actual, days)
    for network, each in enumerate(weights):
        h, y, error, state_gradient = of_one(run, network)
        theirs = twin(each, x, actual, np.isin(np.arange(len(x)), days).astype(float), activation, window)
        np.testing.assert_allclose(h, theirs.h, rtol=1e-12)
        np.testing.assert_allclose(y, theirs.y, rtol=1e-11)
        np.testing.assert_allclose(error, theirs.error, rtol=1e-12)
        np.testing.assert_allclose(state_gradient, theirs.state_gradient, rtol=1e-9, atol=1e-14)
        for name, mine, keras in zip(Weights._fields, Weights.of(run.gradients, network), theirs.gradients, strict=True):
            np.testing.assert_allclose(mine, keras, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("days", [[5], range(6)], ids=["last day", "every day"])
def test_an_lstm_around_a_network_is_that_of_keras_and_its_gradient_is_the_cells(days):
    vanilla = random_weights(hidden=3, inputs=2, outputs=4, seed=8)
    x, actual = random_sequences(time=6, sequences=2, inputs=2, outputs=4, seed=8)
    lstm = MODELS["lstm"]
    weights = side_by_side([around(lstm, vanilla, Sizes(input=2, hidden=3, output=4, length=6))])
    run = Networks(lstm, [find("none")], rate=0.1, seed=0, lag=3).forward_backward(weights, x, actual, days)
    theirs = twin(lstm_around(vanilla), x, actual, np.isin(np.arange(6), days).astype(float))
    h, y, error, state_gradient = of_one(run, 0)
    np.testing.assert_allclose(h, theirs.h, rtol=1e-11)
    np.testing.assert_allclose(y, theirs.y, rtol=1e-11)
    np.testing.assert_allclose(error, theirs.error, rtol=1e-12)
    np.testing.assert_allclose(state_gradient, theirs.state_gradient, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(run.gradients["kernel"][0], theirs.gradients.W_x.reshape(12, 2).T, rtol=1e-9, atol=1e-14)


def test_with_nothing_through_the_candidate_the_gradient_of_the_cell_is_a_power_of_the_forget_gate():
    vanilla = random_weights(hidden=3, inputs=2, outputs=2, seed=2)._replace(W_h=np.zeros((3, 3)))
    x, actual = random_sequences(time=9, sequences=1, inputs=2, outputs=2, seed=2)
    lstm = MODELS["lstm"]
    weights = side_by_side([around(lstm, vanilla, Sizes(input=2, hidden=3, output=2, length=9))])
    gradient = Networks(lstm, [find("none")], 0.1, 0, lag=3).forward_backward(weights, x, actual, [8]).state_gradient[:, 0, 0].numpy()
    forget = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(gradient, gradient[-1] * (forget ** np.arange(8, -1, -1))[:, None], rtol=1e-12)


def test_without_its_state_the_network_sees_each_day_alone():
    weights = side_by_side([random_weights(3, 3, 3, seed=1).by_name])
    x, _ = random_sequences(5, 2, 3, 3, seed=1)
    networks = Networks(MODELS["rnn"], [find("none")], 0.1, 0, lag=3)
    assert not np.allclose(networks.outputs(weights, x[-1:])[0], networks.outputs(weights, x)[-1])


def test_networks_side_by_side_are_each_updated_by_their_own_mitigations():
    """One cohort of four: what each does to the same gradient, by the formulas of the papers."""
    names = ["none", "gradient_clipping(threshold=0.5)", "rmsprop", "gradient_clipping(threshold=0.5)+rmsprop"]
    weights = random_weights(3, 2, 2, seed=0).by_name
    gradients = random_weights(3, 2, 2, seed=1).by_name
    networks = Networks(MODELS["rnn"], [find(name) for name in names], rate=0.1, seed=0, lag=3)
    four = side_by_side([weights] * 4)
    change, _ = networks.update(four, side_by_side([gradients] * 4), networks.init_slots(four, length=5), length=5)
    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
    for name, g in gradients.items():
        clipped = g * min(1.0, 0.5 / norm)
        expected = [-0.1 * g, -0.1 * clipped, -0.1 * g / np.sqrt(0.1 * g**2 + 1e-7), -0.1 * clipped / np.sqrt(0.1 * clipped**2 + 1e-7)]
        np.testing.assert_allclose(change[name], np.stack(expected), rtol=1e-9)
