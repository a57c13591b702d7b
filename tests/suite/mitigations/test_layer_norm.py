"""Layer normalisation against Keras' layer inside networks written out step by step and differentiated automatically."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import loss_and_gradients, network, probed, sizes, stacked, training_batch
from unvanish.suite.mitigations.layer_norm import EPSILON
from unvanish.suite.models import MODELS
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(6), 5, 4


def random_weights(model, seed):
    """With biases that are not zero, so that a bias in the wrong place shows."""
    random = np.random.default_rng(seed)
    weights = MODELS[model].initial_weights(sizes(TASK, HIDDEN), seed)
    return {name: weight + 0.2 * random.normal(size=weight.shape).astype(np.float32) for name, weight in weights.items()}


def step(model, normed, w, x, states):
    """A time step by the literature's equations; `normed` normalises a gate's sum before its bias is added."""
    if model == "rnn":
        return [tf.tanh(normed(x @ w["kernel"] + states[0] @ w["recurrent_kernel"]) + w["bias"])]
    if model == "lstm":
        sums = tf.split(x @ w["kernel"] + states[0] @ w["recurrent_kernel"], 4, axis=1)
        i, f, candidate, o = (normed(total) + b for total, b in zip(sums, tf.split(w["bias"], 4), strict=True))
        c = tf.sigmoid(f) * states[1] + tf.sigmoid(i) * tf.tanh(candidate)
        return [tf.sigmoid(o) * tf.tanh(c), c]
    of_input, of_state = (tf.split(product, 3, axis=1) for product in (x @ w["kernel"], states[0] @ w["recurrent_kernel"]))
    b, b2 = tf.split(w["bias"], 3), tf.split(w["recurrent_bias"], 3)
    z, r = (tf.sigmoid(normed(of_input[gate] + of_state[gate]) + b[gate] + b2[gate]) for gate in (0, 1))
    candidate = tf.tanh(normed(of_input[2]) + b[2] + r * (normed(of_state[2]) + b2[2]))
    return [z * states[0] + (1 - z) * candidate]


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_loss_and_gradients_are_those_of_the_equations_with_keras_layer(model):
    trials = [random_weights(model, seed) for seed in (1, 2)]
    weights = stacked(trials)
    networks, settings = network(TASK, MODELS[model], HIDDEN, ["layer_norm", "none"])
    inputs, targets = training_batch(TASK, BATCH)
    actual = loss_and_gradients(networks, settings, weights, inputs, targets)
    layer = keras.layers.LayerNormalization(epsilon=EPSILON, center=False, scale=False)
    for trial, normed in enumerate((layer, tf.identity)):
        mine = {name: tf.constant(weight) for name, weight in trials[trial].items()}
        with tf.GradientTape() as tape:
            tape.watch(mine)
            states = [tf.zeros([BATCH, HIDDEN])] * len(MODELS[model].states)
            for x in inputs[:, 0]:
                states = step(model, normed, mine, x, states)
            logits = states[0] @ mine["output_kernel"] + mine["output_bias"]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
        np.testing.assert_allclose(actual.loss[trial], loss, rtol=1e-5)
        for name, expected in tape.gradient(loss, mine).items():
            np.testing.assert_allclose(actual.gradients[name][trial], expected, rtol=1e-3, atol=2e-6, err_msg=name)


def test_units_that_normalisation_keeps_from_saturating_are_not_counted_as_saturated():
    """Inputs a hundred times as large saturate a plain network, and change nothing where the sums are normalised."""
    weights = random_weights("rnn", 1)
    weights["kernel"] *= 100
    saturated = probed(TASK, "rnn", stacked([weights, weights]), ["layer_norm", "none"], BATCH)["saturated_share"]
    assert saturated[0] < 0.5 <= saturated[1]
