"""Pascanu's regularizer against automatic differentiation of its equation."""

import numpy as np
import tensorflow as tf

from tests.support.networks import loss_and_gradients, network, sizes, stacked, training_batch
from unvanish.suite.models import MODELS
from unvanish.tasks.temporal_order import TemporalOrder

TASK, HIDDEN, BATCH, STRENGTH = TemporalOrder(10), 6, 4, 0.7


def differentiated(name, weights):
    """The recurrent kernel's gradient of one trial."""
    trials, settings = network(TASK, MODELS["rnn"], HIDDEN, [name, "none"])
    inputs, targets = training_batch(TASK, BATCH)
    actual = loss_and_gradients(trials, settings, weights, inputs, targets)
    return actual.gradients["recurrent_kernel"][0].numpy(), inputs, targets


def omega(kernel, slopes, of_states):
    """Equation 9 with states and dL/dh as constants: of_states [T, batch, hidden] is dL/dh after each step, slopes the tanh's."""
    total = 0.0
    for t in range(len(of_states)):
        before = (of_states[t] * slopes[t]) @ tf.transpose(kernel)
        total += tf.reduce_mean((tf.norm(before, axis=-1) / tf.norm(of_states[t], axis=-1) - 1) ** 2)
    return total


def test_its_gradient_is_that_of_the_equation_with_states_as_constants():
    weights = stacked([MODELS["rnn"].initial_weights(sizes(TASK, HIDDEN), seed=2)] * 2)
    with_penalty, inputs, targets = differentiated(f"omega(strength={STRENGTH})", weights)
    without, *_ = differentiated("none", weights)
    mine = {name: weight[0] for name, weight in weights.items()}
    states = [tf.zeros([BATCH, HIDDEN])]
    with tf.GradientTape(persistent=True) as tape:
        for x in inputs[:, 0]:
            state = tf.tanh(x @ mine["kernel"] + mine["bias"] + states[-1] @ mine["recurrent_kernel"])
            tape.watch(state)
            states.append(state)
        logits = states[-1] @ mine["output_kernel"] + mine["output_bias"]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
    of_states = [tape.gradient(loss, state) for state in states[1:]]
    kernel = mine["recurrent_kernel"]
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        penalty = omega(kernel, [1 - state**2 for state in states[1:]], of_states)
    np.testing.assert_allclose(with_penalty - without, STRENGTH * tape.gradient(penalty, kernel), rtol=1e-3, atol=1e-5)
