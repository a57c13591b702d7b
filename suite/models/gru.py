"""The gated recurrent unit."""

import numpy as np

from suite.models.model import Model, chrono_bias


class Gru(Model):
    """Cho et al. (2014) in the form that Keras calls reset_after; gates in Keras' order z, r, h, bias [2, 3 * hidden].

    z, r = sigmoid(x W + b + h U + b');  h(t) = z h(t-1) + (1 - z) g(x W_h + b_h + r (h U_h + b'_h)).
    """

    name = "gru"
    summary = "gated recurrent unit: update and reset gates on the state itself"
    reference = "Cho et al. 2014; the source document, S12"
    rows = "S12"
    position = 4
    gates = 3

    def step(self, weights, inputs, states, activation):
        import tensorflow as tf

        (h,) = states
        bias = weights["bias"]
        x_z, x_r, x_h = tf.split(inputs @ weights["kernel"] + bias[:, None, 0], 3, axis=-1)
        h_z, h_r, h_h = tf.split(h @ weights["recurrent_kernel"] + bias[:, None, 1], 3, axis=-1)
        z, r = tf.sigmoid(x_z + h_z), tf.sigmoid(x_r + h_r)
        return (z * h + (1 - z) * activation(x_h + r * h_h),)

    def initial_bias(self, sizes, recipe, random):
        update = chrono_bias(random, sizes) if recipe.gate_bias == "chrono" else np.zeros(sizes.hidden)
        rest = np.zeros(sizes.hidden)
        return np.stack([np.concatenate([update, rest, rest]), np.zeros(3 * sizes.hidden)])

    def keras_layer(self, hidden, activation, **arguments):
        import keras

        return keras.layers.GRU(hidden, activation=activation, reset_after=True, **arguments)


MODEL = Gru()
