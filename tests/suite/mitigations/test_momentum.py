"""Momentum against Keras' SGD, with two values side by side."""

import keras
import numpy as np
import tensorflow as tf

from tests.support.networks import hooks_and_settings, step_context


def test_steps_are_those_of_keras_sgd_with_momentum():
    hooks, settings = hooks_and_settings(["momentum", "momentum(beta=0.5)", "none"], rate=0.2)
    random = np.random.default_rng(3)
    start = random.normal(size=(3, 9)).astype(np.float32)
    weights, slots = tf.constant(start), hooks.init_slots(tf.constant(start), step_context(settings, 0), settings)
    variables = [keras.Variable(trial) for trial in start]
    optimizers = [keras.optimizers.SGD(0.2, momentum=momentum) for momentum in (0.9, 0.5, 0.0)]
    for number in range(1, 7):
        gradients = tf.constant(random.normal(size=start.shape), tf.float32)
        change, slots = hooks.update(gradients, slots, step_context(settings, number), settings)
        weights -= change
        for trial, optimizer in enumerate(optimizers):
            optimizer.apply([gradients[trial]], [variables[trial]])
            np.testing.assert_allclose(weights[trial], variables[trial].numpy(), rtol=1e-5, atol=1e-6)
