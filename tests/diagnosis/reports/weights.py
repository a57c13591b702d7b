"""Programs whose weights cannot be told apart, are not trained, or whose units are dead."""

import numpy as np
from keras import Input, Model, Sequential, layers, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/tianzhi0549/CTPN/issues/62", "symmetric")
def lstm_that_begins_at_zero():
    """All weights of the LSTM and of the layer after it begin at 0, so the output does not depend on the input."""
    random = np.random.default_rng(62)
    x = random.normal(size=(600, 16, 3)).astype("float32")
    y = (x[:, 4:12, 0].sum(axis=1) + x[:, 4:12, 1].sum(axis=1) > 0).astype("int32")
    for kernel, recurrent in (("zeros", "zeros"), ("glorot_uniform", "orthogonal")):
        lstm = layers.Bidirectional(layers.LSTM(12, kernel_initializer=kernel, recurrent_initializer=recurrent))
        answer = layers.Dense(2, activation="softmax", kernel_initializer=kernel)
        model = Sequential([Input((16, 3)), layers.Conv1D(8, 3, activation="relu"), lstm, answer])
        yield training(model, data.split(x, y), "sparse_categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=10)


@report("https://github.com/keras-team/keras/issues/16539", "symmetric", recurrent=False)
def weights_set_to_one_number():
    """All weights of a layer are set to 0.75 and its biases to 0.25, so all its units are the same."""
    x, y, new_x, new_y = data.digits()
    for constant in (True, False):
        model = Sequential([Input((64,)), layers.Dense(10, activation="tanh"), layers.Dense(10, activation="softmax")])
        if constant:
            model.layers[0].set_weights([np.full((64, 10), 0.75), np.full(10, 0.25)])
        parts = x[:900], y[:900], new_x, new_y
        yield training(model, parts, "sparse_categorical_crossentropy", "sgd", ["accuracy"], epochs=20, batch_size=16)


@report("https://github.com/keras-team/keras/issues/11995", "frozen")
def new_top_that_is_frozen_with_the_rest():
    """A new top on a trained network with two inputs is frozen together with what lies below it."""
    random = np.random.default_rng(11995)
    fall, rise = random.normal(size=(600, 20, 1)).astype("float32"), random.normal(size=(600, 20, 1)).astype("float32")
    classes = (fall[:, -6:, 0].sum(axis=1) > 0).astype(int) + (rise[:, -6:, 0].sum(axis=1) > 0)
    parts = [fall[:450], rise[:450]], classes[:450], [fall[450:], rise[450:]], classes[450:]
    for frozen in (True, False):
        given = Input((20, 1)), Input((20, 1))
        towers = [layers.Dropout(0.1)(layers.LSTM(12)(one)) for one in given]
        hidden = layers.Dense(16, activation="relu")(layers.Concatenate()(towers))
        model = Model(list(given), layers.Dense(3, activation="softmax")(hidden))
        for layer in model.layers:
            layer.trainable = not frozen
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=12)


@report("https://github.com/keras-team/keras/issues/3687", "dead", "rate_too_high", "exploded")
def predictions_that_are_all_zero():
    """LSTMs and an output with ReLU, trained by SGD with a momentum of 0.99, end where every prediction is 0."""
    random = np.random.default_rng(3687)
    x = random.normal(size=(480, 16, 4)).astype("float32")
    y = (3 + np.cumsum(x[:, :, :1], axis=1) / 2).clip(0).astype("float32")
    for activation, last, scale, optimizer in (
        ("relu", "relu", 10, optimizers.SGD(0.01, momentum=0.99, nesterov=True, clipnorm=100.0)),
        ("tanh", None, 1, optimizers.SGD(0.01, momentum=0.9, nesterov=True)),
    ):
        stack = layers.LSTM(32, activation=activation, return_sequences=True), layers.LSTM(16, activation=activation, return_sequences=True)
        model = Sequential([Input((16, 4)), *stack, layers.TimeDistributed(layers.Dense(1, activation=last))])
        yield training(model, data.split(x, scale * y), "mse", optimizer, epochs=12)


@report("https://github.com/ProteomicsML/ProteomicsML/pull/203", "dead", "wrong_output")
def relu_on_the_last_layer():
    """The last layer's ReLU is below 0 for every peptide from the start, so its gradient is 0."""
    random = np.random.default_rng(203)
    peptides = random.integers(1, 21, (600, 15)) * (np.arange(15) < random.integers(8, 16, (600, 1)))
    hydrophobic = random.normal(size=21)
    hydrophobic[0] = 0
    y = hydrophobic[peptides].sum(axis=1)
    y = ((y - y.min()) / np.ptp(y)).astype("float32")
    for activation in ("relu", None):
        hidden = layers.LSTM(24), layers.Dense(16, activation="relu")
        model = Sequential([Input((15,)), layers.Embedding(21, 12, mask_zero=True), *hidden, layers.Dense(1, activation=activation)])
        if activation:
            kernel, bias = model.layers[-1].get_weights()
            model.layers[-1].set_weights([-abs(kernel), bias])
        yield training(model, data.split(peptides, y), "mse", optimizers.Adam(0.01), epochs=12)


@report("https://community.deeplearning.ai/t/loss-values-do-not-change/324182", "dead", "wrong_output", recurrent=False)
def line_through_small_relu_layers():
    """Four, two and one units with ReLU are to learn a line; they are dead from the start, and the line is partly below 0."""
    x = np.random.default_rng(324182).uniform(-1, 5, (400, 1)).astype("float32")
    for activation, last in (("relu", "relu"), ("leaky_relu", None)):
        given = Input((1,))
        hidden = layers.Dense(2, activation=activation)(layers.Dense(4, activation=activation)(given))
        model = Model(given, layers.Dense(1, activation=last)(hidden))
        if last:
            first, *rest = model.get_weights()
            model.set_weights([first, *(-abs(weight) for weight in rest)])
        yield training(model, data.split(x, 2 * x[:, 0] - 1), "mse", optimizers.Adam(0.01), epochs=30)
