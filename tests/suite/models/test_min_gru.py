"""The minimal GRU against automatic differentiation of its equation."""

import numpy as np
import tensorflow as tf

from tests.support.networks import loss_and_gradients, network, sizes, stacked, training_batch
from unvanish.suite.models import MODELS
from unvanish.tasks.copy_memory import CopyMemory

TASK, HIDDEN, BATCH = CopyMemory(3, copied=2, symbols=4), 5, 4


def test_states_and_gradients_are_those_of_the_equation():
    weights = stacked([MODELS["min_gru"].initial_weights(sizes(TASK, HIDDEN), seed) for seed in (1, 2)])
    weights = {name: weight + 0.1 for name, weight in weights.items()}
    assert "recurrent_kernel" not in weights
    trials, settings = network(TASK, MODELS["min_gru"], HIDDEN, ["none", "none"])
    inputs, targets = training_batch(TASK, BATCH)
    actual = loss_and_gradients(trials, settings, weights, inputs, targets)
    for trial in (0, 1):
        mine = {name: weight[trial] for name, weight in weights.items()}
        with tf.GradientTape() as tape:
            tape.watch(mine)
            h, losses = tf.zeros([BATCH, HIDDEN]), []
            for t in range(TASK.length):
                z, candidate = tf.split(inputs[t, 0] @ mine["kernel"] + mine["bias"], 2, axis=1)
                h = (1 - tf.sigmoid(z)) * h + tf.sigmoid(z) * candidate
                if t in TASK.loss_steps:
                    logits = h @ mine["output_kernel"] + mine["output_bias"]
                    losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[TASK.loss_steps.index(t), 0], logits))
            loss = tf.reduce_mean(losses)
        np.testing.assert_allclose(actual.loss[trial], loss, rtol=1e-5)
        for name, expected in tape.gradient(loss, mine).items():
            np.testing.assert_allclose(actual.gradients[name][trial], expected, rtol=1e-4, atol=1e-7)
