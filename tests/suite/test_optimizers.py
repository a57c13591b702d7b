"""Each optimizer against Keras' own, on the same gradients; and SGD against the whole of Keras' training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from suite.recipe import Recipe
from suite.training.optimizers import no_moments, update
from suite.training.recipes import as_tensors

KERAS = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
RATES = [0.3, 0.004]


@pytest.mark.parametrize("name", KERAS)
def test_updates_are_those_of_keras(name):
    others = [other for other in KERAS if other != name]
    recipes = as_tensors([*(Recipe(rate, optimizer=name) for rate in RATES), *(Recipe(0.1, optimizer=other) for other in others)], 3, [0, 0, 0, 0])
    random = np.random.default_rng(1)
    start = random.normal(size=(4, 15))
    weights = tf.constant(start, tf.float32)
    moments = no_moments(weights)
    variables = [keras.Variable(start[trial]) for trial in range(len(RATES))]
    optimizers = [KERAS[name](rate) for rate in RATES]
    step = tf.function(update, jit_compile=True)
    for number in range(1, 8):
        gradients = tf.constant(random.normal(scale=10.0**-number, size=start.shape), tf.float32)
        weights, moments = step(weights, gradients, moments, recipes, tf.constant(number))
        for trial, optimizer in enumerate(optimizers):
            optimizer.apply([gradients[trial]], [variables[trial]])
            np.testing.assert_allclose(weights[trial], variables[trial].numpy(), rtol=2e-5, atol=1e-5)
