"""Healthy programs on which thresholds are set: each beats the best constant prediction on fresh data."""

import numpy as np
from keras import Input, Model, Sequential, layers, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.programs.program import Training, program

healthy, healthy_recurrent = program("development"), program("development", recurrent=True)


def trained(model, parts, loss, optimizer="adam", **fit):
    x, y, *new = parts
    model.compile(optimizer, loss)
    return Training(model, x, y, {"epochs": 8, "batch_size": 32} | fit, tuple(new))


@healthy
def mlp_on_blobs():
    """Two ReLU layers, four classes, sparse labels."""
    model = Sequential([Input((10,)), layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(4, "softmax")])
    return trained(model, data.blobs(), "sparse_categorical_crossentropy")


@healthy
def regression_with_dropout():
    """Friedman's regression with dropout of a fifth, standardised targets."""
    model = Sequential([Input((10,)), layers.Dense(64, "relu"), layers.Dropout(0.2), layers.Dense(32, "relu"), layers.Dense(1)])
    return trained(model, data.friedman(), "mse")


@healthy
def digits_with_logits():
    """Linear outputs and a loss that takes logits."""
    from keras.losses import SparseCategoricalCrossentropy

    model = Sequential([Input((64,)), layers.Dense(48, "relu"), layers.Dense(10)])
    return trained(model, data.digits(), SparseCategoricalCrossentropy(from_logits=True))


@healthy
def noisy_labels():
    """Three fifths of the labels are drawn at random, so the loss stays close to the constant's."""
    x, y, new_x, new_y = data.moons(2000)
    model = Sequential([Input((2,)), layers.Dense(16, "tanh"), layers.Dense(1, "sigmoid")])
    parts = x, data.noisy(y, 0.6, 2), new_x, data.noisy(new_y, 0.6, 2, seed=15)
    return trained(model, parts, "binary_crossentropy", optimizers.Adam(0.01), epochs=15)


@healthy
def one_in_twenty():
    """Imbalanced classes: 5 % are positive."""
    from sklearn.datasets import make_classification

    parts = data.standardised(*make_classification(2000, 8, n_informative=5, weights=[0.95], flip_y=0, random_state=1))
    model = Sequential([Input((8,)), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")])
    return trained(model, parts, "binary_crossentropy", epochs=10)


@healthy
def raw_inputs_that_are_normalised():
    """Features of very different scales, and a Normalization layer first."""
    x, y, new_x, new_y = data.friedman()
    scale = (10.0 ** np.arange(-3, 7)).astype("float32")
    first = layers.Normalization()
    first.adapt(x * scale)
    model = Sequential([Input((10,)), first, layers.Dense(32, "relu"), layers.Dense(1)])
    return trained(model, (x * scale, y, new_x * scale, new_y), "mse")


@healthy
def half_of_the_relus_are_dead():
    """Biases far below zero in half of the units: the others learn the task."""
    model = Sequential([Input((2,)), layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")])
    bias = np.zeros(32, "float32")
    bias[::2] = -20
    model.layers[1].set_weights([model.layers[1].get_weights()[0], bias])
    return trained(model, data.moons(), "binary_crossentropy", optimizers.Adam(0.005), epochs=12)


@healthy
def small_rate_of_adam():
    """A rate of 1e-4 that still learns, with one-hot labels and batch normalisation."""
    x, y, new_x, new_y = data.blobs(spread=2.0)
    model = Sequential([Input((10,)), layers.Dense(64, "relu"), layers.BatchNormalization(), layers.Dense(4, "softmax")])
    return trained(model, (x, np.eye(4)[y], new_x, np.eye(4)[new_y]), "categorical_crossentropy", optimizers.Adam(1e-4), epochs=12)


@healthy_recurrent
def lstm_on_tokens():
    """An embedding of integer ids, an LSTM, a yes or no."""
    model = Sequential([Input((12,), dtype="int32"), layers.Embedding(6, 8), layers.LSTM(16), layers.Dense(1, "sigmoid")])
    return trained(model, data.more_often(), "binary_crossentropy", optimizers.Adam(0.01))


@healthy_recurrent
def rnn_with_active_clipping():
    """SGD whose clipping acts at most steps."""
    model = Sequential([Input((6, 1)), layers.SimpleRNN(16), layers.Dense(1, "sigmoid")])
    return trained(model, data.first_sign(5), "binary_crossentropy", optimizers.SGD(0.5, global_clipnorm=0.1), epochs=15)


@healthy_recurrent
def gru_forecast():
    """The next value of a sine, with a small rate."""
    model = Sequential([Input((20, 1)), layers.GRU(16), layers.Dense(1)])
    return trained(model, data.wave(), "mse", optimizers.Adam(0.002))


@healthy_recurrent
def lstm_tags_every_step():
    """A softmax at every step."""
    model = Sequential([Input((12,), dtype="int32"), layers.Embedding(8, 8), layers.LSTM(24, return_sequences=True), layers.Dense(2, "softmax")])
    return trained(model, data.tags(), "sparse_categorical_crossentropy", optimizers.Adam(0.01))


@healthy_recurrent
def two_outputs():
    """A functional model: the sum of a sequence, and whether it is positive."""
    x, y, new_x, new_y = data.totals()
    inputs = Input((10, 1))
    state = layers.Bidirectional(layers.LSTM(12))(inputs)
    model = Model(inputs, {"total": layers.Dense(1, name="total")(state), "sign": layers.Dense(1, "sigmoid", name="sign")(state)})
    targets, new = ({"total": part, "sign": (part > 0).astype("float32")} for part in (y, new_y))
    return trained(model, (x, targets, new_x, new), {"total": "mse", "sign": "binary_crossentropy"}, optimizers.Adam(0.01))


@healthy_recurrent
def slow_start():
    """A long plateau at the constant's loss, then it is solved."""
    model = Sequential([Input((16, 1)), layers.LSTM(24), layers.Dense(1, "sigmoid")])
    return trained(model, data.first_sign(15, 1600), "binary_crossentropy", optimizers.Adam(0.01), epochs=14)


@healthy_recurrent
def only_the_end_matters():
    """What is asked for stands in the last steps of a long sequence, so that next to no gradient at the first ones is right."""
    x, y, new_x, new_y = data.first_sign(24)
    model = Sequential([Input((25, 1)), layers.SimpleRNN(12), layers.Dense(1, "sigmoid")])
    return trained(model, (x[:, ::-1], y, new_x[:, ::-1], new_y), "binary_crossentropy", optimizers.Adam(0.005))


@healthy_recurrent
def recurrent_dropout_and_regularisation():
    """Dropout within a GRU and a penalty on its weights; the sum of a sequence."""
    layer = layers.GRU(16, dropout=0.1, recurrent_dropout=0.1, kernel_regularizer="l2")
    model = Sequential([Input((10, 1)), layer, layers.Dense(1)])
    return trained(model, data.totals(), "mse", optimizers.Adam(0.01), epochs=6)
