"""Weight decay against the gradient of Keras' L2 regularizer."""

import keras
import numpy as np
import tensorflow as tf

from tests.support.networks import hooks_and_settings, sizes, stacked
from unvanish.suite.models import MODELS
from unvanish.tasks.first_symbol import FirstSymbol


def test_its_gradients_are_those_of_keras_l2_on_every_kernel():
    strength = 0.3
    weights = stacked([MODELS["gru"].initial_weights(sizes(FirstSymbol(4), 5), seed) for seed in (1, 2)])
    weights = {name: weight + 0.1 for name, weight in weights.items()}
    hooks, settings = hooks_and_settings([f"weight_decay(strength={strength})", "none"])
    gradients = hooks.loss_penalty_gradients(weights, settings.evaluation_context(tf.constant(3)), settings)
    for name, weight in weights.items():
        with tf.GradientTape() as tape:
            tape.watch(weight)
            penalty = keras.regularizers.L2(strength)(weight[0])
        expected = tape.gradient(penalty, weight)[0] if "kernel" in name else tf.zeros_like(weight[0])
        np.testing.assert_allclose(gradients[name][0], expected, rtol=1e-5)
        assert not gradients[name][1].numpy().any()
