"""Gradients through time, against the same layer run from its states at a step, which are then inputs of their own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.slow import slow_but
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.gradients import measure

LENGTH, UNITS = 6, 3
random = np.random.default_rng(0)
X = random.normal(size=(5, LENGTH, 2)).astype("float32")
Y = random.normal(size=(5, 1)).astype("float32")
MASK = random.random((5, LENGTH)) < 0.6
LAYERS = {
    "SimpleRNN": lambda **more: keras.layers.SimpleRNN(UNITS, **more),
    "LSTM": lambda **more: keras.layers.LSTM(UNITS, **more),
    "GRU": lambda **more: keras.layers.GRU(UNITS, **more),
    "stacked cells": lambda **more: keras.layers.RNN([keras.layers.LSTMCell(UNITS), keras.layers.SimpleRNNCell(UNITS)], **more),
}


@pytest.mark.parametrize("run_eagerly", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("kind", slow_but(["LSTM", "stacked cells"], LAYERS))
def test_the_gradient_at_each_step_is_that_of_the_states_that_enter_it(kind, go_backwards, masked, run_eagerly):
    x = np.where(MASK[..., None], X, 0.0).astype("float32") if masked else X
    layer, output = LAYERS[kind](go_backwards=go_backwards, return_state=True), keras.layers.Dense(1)
    inputs = keras.Input((LENGTH, 2))
    model = keras.Model(inputs, output(layer(keras.layers.Masking()(inputs) if masked else inputs)[0]))
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    found = measure(model, checked(x, Y)).state[layer.name]
    in_order, mask = (array[:, ::-1] if go_backwards else array for array in (x, MASK))
    layer.go_backwards = False  # what follows is in the order of the steps
    states = None
    for step in range(LENGTH):
        rest = {"mask": tf.constant(mask[:, step:])} if masked else {}
        if states is None:
            states = layer.get_initial_state(batch_size=5)
        with tf.GradientTape() as tape:
            tape.watch(states)
            # the last output of a layer whose remaining steps are all masked is that of the step before: the state itself
            last = tf.where(mask[:, step:].any(axis=1)[:, None] if masked else True, layer(in_order[:, step:], initial_state=states, **rest)[0], 0.0)
            loss = tf.reduce_mean((output(last) - Y) ** 2)
        expected = np.sqrt(sum(float(tf.reduce_sum(part**2)) for part in keras.tree.flatten(tape.gradient(loss, states)) if part is not None))
        assert found[step] == pytest.approx(expected, rel=1e-3, abs=1e-8)
        first = {"mask": tf.constant(mask[:, step : step + 1])} if masked else {}
        states = keras.tree.pack_sequence_as(states, keras.tree.flatten(list(layer(in_order[:, step : step + 1], initial_state=states, **first)[1:])))


def test_a_recurrent_layer_that_no_gradient_reaches_has_zeros_at_every_step():
    given = keras.Input((7, 2))
    states = keras.layers.LSTM(3, return_sequences=True, name="cut")(given)
    answer = keras.layers.Dense(1)(keras.layers.GRU(3, name="reached")(keras.layers.Lambda(tf.stop_gradient)(states)))
    model = keras.Model(given, answer)
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 7, 2)).astype("float32")
    found = measure(model, checked(x, x[:, 0, 0]))
    assert found.state["cut"].tolist() == [0.0] * 7 and found.layer["cut"] == 0
    assert len(found.state["reached"]) == 7 and (found.state["reached"] > 0).all()
