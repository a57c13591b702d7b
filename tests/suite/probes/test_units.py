"""Saturated and dead units, counted in networks built to have them; what Keras computes is the independent account."""

import keras
import numpy as np
import pytest

from tests.support.networks import probed, shared_sequences, sizes, stacked
from unvanish.suite.models import MODELS
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(6), 8, 16


def measure(model, *networks):
    """Shares of saturated and of dead units, [trial] each, of networks given as (weights, activation)."""
    names = [{"tanh": "none", "relu": "relu"}[activation] for _, activation in networks]
    measured = probed(TASK, model, stacked([weights for weights, _ in networks]), names, BATCH)
    return measured["saturated_share"], measured["dead_share"]


def weights(model, bias=(), block=0, seed=1):
    """Initial weights, but for the first units' biases of one block."""
    initial = MODELS[model].initial_weights(sizes(TASK, HIDDEN), seed)
    initial["bias"][block * HIDDEN : block * HIDDEN + len(bias)] = bias
    return initial


def test_units_pushed_far_out_are_saturated_and_units_pushed_below_zero_dead():
    """Biases of +-50 outweigh all else: 3 of 8 units, beside a healthy trial; what kills a ReLU saturates a tanh."""
    pushed = weights("rnn", bias=(-50, -50, -50))
    saturated, dead = measure("rnn", (pushed, "tanh"), (pushed, "relu"), (weights("rnn"), "tanh"), (weights("rnn", bias=(50, 50)), "relu"))
    assert saturated == pytest.approx([3 / 8, 0, 0, 0])
    assert dead == pytest.approx([0, 3 / 8, 0, 0])


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_the_shares_are_those_of_the_hidden_states_that_keras_computes(activation, scale):
    scaled = weights("rnn", bias=(-2, -4, 1, 3))
    scaled["kernel"] *= scale
    layer = keras.layers.SimpleRNN(HIDDEN, activation=activation, return_sequences=True)
    sequence = np.transpose(shared_sequences(TASK, "probe", BATCH)[0][:, 0], [1, 0, 2])
    layer.build(sequence.shape)
    layer.set_weights([scaled["kernel"], scaled["recurrent_kernel"], scaled["bias"]])
    hidden = layer(sequence).numpy()  # [batch, time, hidden]
    flat = 1 - hidden**2 < 0.1
    saturated, dead = measure("rnn", (scaled, activation), (weights("rnn"), activation))
    assert saturated[0] == pytest.approx((flat.mean(axis=(0, 1)) >= 0.9).mean() if activation == "tanh" else 0)
    assert dead[0] == pytest.approx((hidden == 0).all(axis=(0, 1)).mean() if activation == "relu" else 0)
    assert 0 < (saturated if activation == "tanh" else dead)[0] < 1 or scale == 1.0


@pytest.mark.parametrize(("model", "candidate", "gate", "share"), [("lstm", 2, 1, 0.5), ("gru", 2, 0, 1.0)])
def test_of_gated_networks_the_candidate_counts_and_an_open_gate_does_not(model, candidate, gate, share):
    """All candidates far out: of an LSTM that is one of two uses of tanh, while the input gate keeps its cell small."""
    shut = weights(model, bias=(-20.0,) * HIDDEN, block=0) if model == "lstm" else weights(model)
    shut["bias"][candidate * HIDDEN : (candidate + 1) * HIDDEN] = 50
    opened = weights(model, bias=(50.0,) * HIDDEN, block=gate)
    assert measure(model, (shut, "tanh"), (opened, "tanh"))[0] == pytest.approx([share, 0])


def test_a_model_without_state_has_units_too():
    saturated, _ = measure("feedforward", (weights("feedforward", bias=(50, 50)), "tanh"), (weights("feedforward"), "tanh"))
    assert saturated == pytest.approx([2 / 8, 0])
