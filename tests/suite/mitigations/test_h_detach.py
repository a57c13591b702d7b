"""h-detach against an LSTM of which the hidden state is detached by hand at the same steps, differentiated automatically."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import hooks_and_settings, loss_and_gradients, network, sizes, stacked, step_context, training_batch
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(8), 5, 4
NAME = "h_detach(probability=0.5)"


def mask(step, seeds, probability=0.5, length=TASK.length):
    _, settings = hooks_and_settings([NAME] * len(seeds))
    context, params = step_context(settings._replace(seed=tf.constant(seeds)), step, length), {"probability": tf.fill([len(seeds)], probability)}
    return MITIGATIONS["h_detach"].bptt_mask(length, 2, context, params).numpy()  # [time, state, trial]


def test_the_hidden_state_is_detached_as_often_as_asked_and_the_cell_never():
    drawn = mask(3, [1, 2], probability=0.25, length=20_000)
    assert drawn[:, 1].all()
    assert (~drawn[:, 0]).mean(axis=0) == pytest.approx([0.25, 0.25], abs=0.02)
    assert not np.array_equal(drawn[:, 0, 0], drawn[:, 0, 1]) and not np.array_equal(drawn, mask(4, [1, 2], 0.25, 20_000))


def test_gradients_are_those_of_a_network_detached_at_the_same_steps():
    weights = stacked([MODELS["lstm"].initial_weights(sizes(TASK, HIDDEN), seed) for seed in (1, 2)])
    trials, settings = network(TASK, MODELS["lstm"], HIDDEN, [NAME, "none"])
    inputs, targets = training_batch(TASK, BATCH)
    actual = loss_and_gradients(trials, settings, weights, inputs, targets, step=9)
    through = mask(9, [0, 1])[:, 0]
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
            np.testing.assert_allclose(actual.gradients[name][trial], expected, rtol=1e-4, atol=1e-7)
