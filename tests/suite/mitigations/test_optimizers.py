"""Each optimizer against Keras' own, on the same gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import hooks_and_settings, step_context

KERAS = {"none": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}


@pytest.mark.parametrize("rate", [0.3, 0.004])
def test_updates_are_those_of_keras(rate):
    """All of them side by side in one program."""
    hooks, settings = hooks_and_settings(list(KERAS), rate)
    random = np.random.default_rng(1)
    start = random.normal(size=(3, 15)).astype(np.float32)
    weights = tf.constant(start)
    slots = hooks.init_slots(weights, step_context(settings, 0), settings)
    variables = [keras.Variable(trial) for trial in start]
    optimizers = [optimizer(rate) for optimizer in KERAS.values()]
    step = tf.function(hooks.update, jit_compile=True)
    for number in range(1, 8):
        gradients = tf.constant(random.normal(scale=10.0**-number, size=start.shape), tf.float32)
        change, slots = step(gradients, slots, step_context(settings, number), settings)
        weights -= change
        for trial, optimizer in enumerate(optimizers):
            optimizer.apply([gradients[trial]], [variables[trial]])
            np.testing.assert_allclose(weights[trial], variables[trial].numpy(), rtol=2e-5, atol=1e-5)
