"""The networks of the explanation once more, from Keras' cells and automatic differentiation, in double precision."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.explain import lstm
from unvanish.suite.explain.cures import RATE, THRESHOLD, WINDOW
from unvanish.suite.explain.recurrence import Weights


class Twin(NamedTuple):
    """states and outputs [time, sequence, hidden or output], the error, its gradients in the shapes of the explanation, and dE/d(state)."""

    h: np.ndarray
    y: np.ndarray
    error: float
    gradients: Weights
    of_state: np.ndarray


def twin(weights, x, actual, counted, activation="tanh", window=None):
    """SimpleRNNCell or, where the weights have a gate axis, LSTMCell, with a Dense layer; of an LSTM the state is the cell."""
    gated = weights.W_x.ndim == 3
    hidden = weights.b_h.shape[-1]
    cell = keras.layers.LSTMCell(hidden, dtype="float64") if gated else keras.layers.SimpleRNNCell(hidden, activation=activation, dtype="float64")
    cell.build((None, x.shape[2]))
    dense = keras.layers.Dense(len(weights.b_y), dtype="float64")
    dense.build((None, hidden))
    cell.set_weights([join(weights.W_x), join(weights.W_h), weights.b_h.reshape(-1)])
    dense.set_weights([weights.W_y.T, weights.b_y])
    with tf.GradientTape() as tape:
        state = [tf.zeros((x.shape[1], hidden), tf.float64)] * (2 if gated else 1)
        hs, carried = [], []
        for t in range(len(x)):
            if window is not None and t == len(x) - window:
                state = [tf.stop_gradient(part) for part in state]
            output, state = cell(tf.constant(x[t]), state)
            hs.append(output)
            carried.append(state[-1])
        y = tf.stack([dense(h) for h in hs])
        error = tf.reduce_sum(tf.reduce_mean(tf.reduce_sum((actual - y) ** 2, axis=2), axis=1) * counted) / counted.sum()
    variables = [*cell.trainable_weights, *dense.trainable_weights]
    found = tape.gradient(error, [*(variable.value for variable in variables), *carried], unconnected_gradients="zero")
    kernel, recurrent, bias, output_kernel, output_bias, *of_state = (gradient.numpy() for gradient in found)
    gradients = Weights(split(kernel, gated), split(recurrent, gated), bias.reshape(weights.b_h.shape), output_kernel.T, output_bias)
    return Twin(np.stack(hs), y.numpy(), float(error), gradients, np.stack(of_state))


def join(weight):
    """[gate, hidden, input] or [hidden, input] -> Keras' [input, gate * hidden]."""
    return weight.reshape(-1, weight.shape[-1]).T


def split(kernel, gated):
    return kernel.T.reshape(4, -1, len(kernel)) if gated else kernel.T


def random_weights(hidden, inputs, outputs, seed, gates=()):
    random = np.random.default_rng(seed)
    shapes = ((*gates, hidden, inputs), (*gates, hidden, hidden), (*gates, hidden), (outputs, hidden), (outputs,))
    return Weights(*(random.normal(size=shape) * 0.7 for shape in shapes))


def random_sequences(time, sequences, inputs, outputs, seed):
    random = np.random.default_rng([seed, 1])
    return random.normal(size=(time, sequences, inputs)), random.normal(size=(time, sequences, outputs))


def one_update(name, each):
    """The columns of a cure's row in a case: with Keras' cells, automatic differentiation and Keras' optimizers."""
    data = each.sequence
    weights = lstm.around(each.weights) if name == "lstm" else each.weights
    at = (lstm.CANDIDATE, each.unit, each.exercise) if name == "lstm" else (each.unit, each.exercise)
    settings = {"activation": "relu" if name == "relu" else "tanh", "window": WINDOW if name == "truncated_bptt" else None}
    optimizer = {"rmsprop": keras.optimizers.RMSprop(RATE), "gradient_clipping": keras.optimizers.SGD(RATE, global_clipnorm=THRESHOLD)}
    before = twin(weights, data.x, data.actual, data.last_day, **settings)
    variables = [keras.Variable(weight, dtype="float64") for weight in weights]
    optimizer.get(name, keras.optimizers.SGD(RATE)).apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in before.gradients], variables)
    W_x = weights.W_x.copy()
    W_x[at] = variables[0].numpy()[at]
    after = twin(weights._replace(W_x=W_x), data.x, data.actual, data.last_day, **settings)
    return {
        "error": before.error,
        "gradient": before.gradients.W_x[at],
        "gradient_norm": np.sqrt(sum((g**2).sum() for g in before.gradients)),
        "change": W_x[at] - weights.W_x[at],
        "new_weight": W_x[at],
        "error_after": after.error,
        "gradient_after": after.gradients.W_x[at],
    }
