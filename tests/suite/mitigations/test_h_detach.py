"""h-detach against an LSTM of which the hidden state is detached by hand at the same steps, differentiated automatically."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import network, sizes, stacked
from unvanish.suite.mitigations import MITIGATIONS, Now
from unvanish.suite.models import MODELS
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.seeding import generator

TASK, HIDDEN, BATCH = FirstSymbol(8), 5, 4
NAME = "h_detach(probability=0.5)"


def passes(step, seeds, probability=0.5, length=TASK.length):
    now, p = Now(tf.constant(step), tf.constant(seeds)), {"probability": tf.fill([len(seeds)], probability)}
    return MITIGATIONS["h_detach"].gradient_passes(length, 2, now, p).numpy()  # [time, state, trial]


def test_the_hidden_state_is_detached_as_often_as_asked_and_the_cell_never():
    drawn = passes(3, [1, 2], probability=0.25, length=20_000)
    assert drawn[:, 1].all()
    assert (~drawn[:, 0]).mean(axis=0) == pytest.approx([0.25, 0.25], abs=0.02)
    assert not np.array_equal(drawn[:, 0, 0], drawn[:, 0, 1]) and not np.array_equal(drawn, passes(4, [1, 2], 0.25, 20_000))


def test_gradients_are_those_of_a_network_detached_at_the_same_steps():
    weights = stacked([MODELS["lstm"].initial_weights(sizes(TASK, HIDDEN), seed) for seed in (1, 2)])
    made, settings = network(TASK, MODELS["lstm"], HIDDEN, [NAME, "none"])
    drawn = TASK.draw(generator("training", 1), BATCH)
    inputs, targets = tf.constant(drawn.inputs.transpose(1, 0, 2)[:, None]), tf.constant(drawn.targets.T[:, None])
    found = made.loss_and_gradients(weights, {}, settings, Now(tf.constant(9), settings.seed), inputs, targets, made.workspace(weights, inputs))
    through = passes(9, [0, 1])[:, 0]
    assert 0 < through[:, 0].sum() < TASK.length
    for trial, detached in enumerate([~through[:, 0], np.zeros(TASK.length, bool)]):
        mine = {name: weight[trial] for name, weight in weights.items()}
        with tf.GradientTape() as tape:
            tape.watch(mine)
            h = c = tf.zeros([BATCH, HIDDEN])
            for t in range(TASK.length):
                before = tf.stop_gradient(h) if detached[t] else h
                i, f, candidate, o = tf.split(inputs[t, 0] @ mine["kernel"] + mine["bias"] + before @ mine["recurrent_kernel"], 4, axis=1)
                c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(candidate)
                h = tf.sigmoid(o) * tf.tanh(c)
            logits = h @ mine["output_kernel"] + mine["output_bias"]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
        for name, expected in tape.gradient(loss, mine).items():
            np.testing.assert_allclose(found.gradients[name][trial], expected, rtol=1e-4, atol=1e-7)
