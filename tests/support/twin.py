"""The networks of the explanation once more, from Keras' cells and automatic differentiation, in double precision."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.explain.network import Weights

RATE, THRESHOLD, WINDOW = 0.1, 1.0, 10
FORGET, CANDIDATE = 1, 2  # of the gates in Keras' order


class Twin(NamedTuple):
    """States and outputs [time, sequence, hidden or output], the error, its gradients in the shapes of `Weights`, and dE/d(state)."""

    h: np.ndarray
    y: np.ndarray
    error: float
    gradients: Weights
    state_gradient: np.ndarray


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
    kernel, recurrent, bias, output_kernel, output_bias, *state_gradient = (gradient.numpy() for gradient in found)
    gradients = Weights(split(kernel, gated), split(recurrent, gated), bias.reshape(weights.b_h.shape), output_kernel.T, output_bias)
    return Twin(np.stack(hs), y.numpy(), float(error), gradients, np.stack(state_gradient))


def join(weight):
    """[gate, hidden, input] or [hidden, input] -> Keras' [input, gate * hidden]."""
    return weight.reshape(-1, weight.shape[-1]).T


def split(kernel, gated):
    return kernel.T.reshape(4, -1, len(kernel)) if gated else kernel.T


def lstm_around(vanilla):
    """The weights of an LSTM, with a gate axis in front, whose candidate has those of a vanilla network; its forget bias is 1, all else 0."""
    W_x, W_h, b_h = (np.zeros((4, *weight.shape)) for weight in vanilla[:3])
    W_x[CANDIDATE], W_h[CANDIDATE], b_h[CANDIDATE] = vanilla[:3]
    b_h[FORGET] = 1.0
    return Weights(W_x, W_h, b_h, vanilla.W_y, vanilla.b_y)


def random_weights(hidden, inputs, outputs, seed, gates=()):
    random = np.random.default_rng(seed)
    shapes = ((*gates, hidden, inputs), (*gates, hidden, hidden), (*gates, hidden), (outputs, hidden), (outputs,))
    return Weights(*(random.normal(size=shape) * 0.7 for shape in shapes))


def random_sequences(time, sequences, inputs, outputs, seed):
    random = np.random.default_rng([seed, 1])
    return random.normal(size=(time, sequences, inputs)), random.normal(size=(time, sequences, outputs))


def one_update(name, case):
    """The columns of a cure's row in a case: with Keras' cells, automatic differentiation and Keras' optimizers."""
    data, last_day = case.sequence, np.eye(case.sequence.length)[-1]
    weights = lstm_around(case.weights) if name == "lstm" else case.weights
    at = (CANDIDATE, case.unit, case.exercise) if name == "lstm" else (case.unit, case.exercise)
    settings = {"activation": "relu" if name == "relu" else "tanh", "window": WINDOW if name == "truncated_bptt" else None}
    optimizer = {"rmsprop": keras.optimizers.RMSprop(RATE), "gradient_clipping": keras.optimizers.SGD(RATE, global_clipnorm=THRESHOLD)}
    before = twin(weights, data.x, data.actual, last_day, **settings)
    variables = [keras.Variable(weight, dtype="float64") for weight in weights]
    optimizer.get(name, keras.optimizers.SGD(RATE)).apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in before.gradients], variables)
    W_x = weights.W_x.copy()
    W_x[at] = variables[0].numpy()[at]
    after = twin(weights._replace(W_x=W_x), data.x, data.actual, last_day, **settings)
    return {
        "error": before.error,
        "gradient": before.gradients.W_x[at],
        "gradient_norm": np.sqrt(sum((g**2).sum() for g in before.gradients)),
        "change": W_x[at] - weights.W_x[at],
        "new_weight": W_x[at],
        "error_after": after.error,
        "gradient_after": after.gradients.W_x[at],
    }
