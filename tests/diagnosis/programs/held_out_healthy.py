"""Healthy programs on which the rules are scored: each beats the best constant prediction on fresh data."""

import numpy as np
from keras import Input, Model, Sequential, initializers, layers, losses, optimizers, regularizers

from tests.diagnosis.programs import data
from tests.diagnosis.programs.program import Training, program

healthy, healthy_recurrent = program("held_out"), program("held_out", recurrent=True)


def trained(model, parts, loss, optimizer="adam", **fit):
    x, y, *new = parts
    model.compile(optimizer, loss)
    return Training(model, x, y, {"epochs": 10, "batch_size": 32} | fit, tuple(new))


@healthy
def breast_cancer():
    """Standardised measurements, batch normalisation, two classes."""
    model = Sequential([Input((30,)), layers.Dense(16), layers.BatchNormalization(), layers.Activation("relu"), layers.Dense(1, "sigmoid")])
    return trained(model, data.real("breast_cancer"), "binary_crossentropy")


@healthy
def wine():
    """Three classes, one-hot, RMSprop."""
    x, y, new_x, new_y = data.real("wine")
    model = Sequential([Input((13,)), layers.Dense(24, "elu"), layers.Dense(3, "softmax")])
    return trained(model, (x, np.eye(3)[y], new_x, np.eye(3)[new_y]), "categorical_crossentropy", "rmsprop", epochs=30, batch_size=16)


@healthy
def diabetes():
    """A regression in which half of the variance cannot be explained."""
    model = Sequential([Input((10,)), layers.Dense(16, "relu"), layers.Dense(1)])
    return trained(model, data.real("diabetes", targets=True), "mse", epochs=20)


@healthy
def convolution_on_digits():
    """Convolutions, pooling and dropout."""
    inner = [layers.Conv2D(12, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.3), layers.Dense(10, "softmax")]
    model = Sequential([Input((64,)), layers.Reshape((8, 8, 1)), *inner])
    return trained(model, data.digits(), "sparse_categorical_crossentropy", optimizers.Adam(0.003))


@healthy
def autoencoder():
    """Pictures through ten units and back."""
    x, _, new_x, _ = data.digits()
    model = Sequential([Input((64,)), layers.Dense(32, "relu"), layers.Dense(10), layers.Dense(32, "relu"), layers.Dense(64, "sigmoid")])
    return trained(model, (x, x, new_x, new_x), "mse", optimizers.Adam(0.003), epochs=15)


@healthy
def residual_with_two_inputs():
    """A functional model whose connection passes a layer; SGD with momentum, a penalty on the weights."""
    x, y, new_x, new_y = data.circles()
    left, right = Input((1,), name="left"), Input((1,), name="right")
    start = layers.Dense(16, "tanh")(layers.Concatenate()([left, right]))
    inner = layers.Dense(16, "tanh", kernel_regularizer=regularizers.L2(1e-4))(start)
    model = Model({"left": left, "right": right}, layers.Dense(1)(layers.Add()([start, inner])))
    parts = ({"left": each[:, :1], "right": each[:, 1:]} for each in (x, new_x))
    first, second = parts
    return trained(model, (first, y, second, new_y), losses.BinaryCrossentropy(from_logits=True), optimizers.SGD(0.1, momentum=0.9), epochs=15)


@healthy
def deep_relu_network():
    """Six layers with He's weights; targets of a size of about 20."""
    x, y, new_x, new_y = data.real("diabetes", targets=True)
    hidden = [layers.Dense(32, "relu", kernel_initializer="he_normal") for _ in range(6)]
    return trained(Sequential([Input((10,)), *hidden, layers.Dense(1)]), (x, 20 * y, new_x, 20 * new_y), "mae", epochs=20)


@healthy
def several_labels():
    """Five independent answers to one sample."""
    from sklearn.datasets import make_multilabel_classification

    parts = data.standardised(*make_multilabel_classification(1200, 12, n_classes=5, random_state=3))
    model = Sequential([Input((12,)), layers.Dense(32, "relu"), layers.Dense(5, "sigmoid")])
    return trained(model, parts, "binary_crossentropy")


@healthy_recurrent
def adding_problem():
    """Two marked numbers of eight, a GRU."""
    model = Sequential([Input((8, 2)), layers.GRU(32), layers.Dense(1)])
    return trained(model, data.adding(), "mse", optimizers.Adam(0.01), epochs=12)


@healthy_recurrent
def autoregression_at_every_step():
    """A forecast at every step, Huber's loss, orthogonal recurrent weights."""
    layer = layers.SimpleRNN(16, recurrent_initializer="orthogonal", return_sequences=True)
    model = Sequential([Input((20, 1)), layer, layers.TimeDistributed(layers.Dense(1))])
    return trained(model, data.autoregression(), "huber", optimizers.RMSprop(0.003), epochs=5)


@healthy_recurrent
def saturated_gates():
    """An LSTM whose gates start nearly fully open."""
    layer = layers.LSTM(24, bias_initializer=initializers.Constant(4.0), unit_forget_bias=False)
    model = Sequential([Input((12, 1)), layer, layers.Dense(1)])
    return trained(model, data.running_maximum(), "mse", optimizers.Adam(0.01), epochs=30)


@healthy_recurrent
def padded_order():
    """Sequences of different lengths, masked; which token came first."""
    model = Sequential([Input((10,), dtype="int32"), layers.Embedding(9, 12, mask_zero=True), layers.GRU(24), layers.Dense(3, "softmax")])
    return trained(model, data.which_first(padded=True), "categorical_crossentropy", optimizers.Adam(0.01), epochs=8)


@healthy_recurrent
def stateful_forecast():
    """A stateful LSTM, which keeps its state from batch to batch."""
    x, y, new_x, new_y = data.autoregression(10, 640)
    model = Sequential([Input(batch_shape=(32, 10, 1)), layers.LSTM(16, stateful=True, return_sequences=True), layers.Dense(1)])
    return trained(model, (x, y, new_x, new_y), "mse", optimizers.Adam(0.01), epochs=4, shuffle=False)


@healthy_recurrent
def convolution_then_lstm():
    """A convolution over time before the LSTM, a rare class, logits."""
    x, y, new_x, new_y = data.running_maximum(20, 1200)
    rare, new_rare = ((part > 1.0).astype("float32") for part in (y, new_y))
    model = Sequential([Input((20, 1)), layers.Conv1D(12, 3, activation="relu"), layers.MaxPooling1D(2), layers.LSTM(12), layers.Dense(1)])
    return trained(model, (x, rare, new_x, new_rare), losses.BinaryCrossentropy(from_logits=True), optimizers.Adam(0.01))


@healthy_recurrent
def frozen_embedding():
    """An embedding that is given and not trained, as one that was trained elsewhere."""
    embedding = layers.Embedding(9, 8, trainable=False, embeddings_initializer="orthogonal")
    model = Sequential([Input((10,), dtype="int32"), embedding, layers.LSTM(24), layers.Dense(3, "softmax")])
    return trained(model, data.which_first(), "categorical_crossentropy", optimizers.Adam(0.01))


@healthy_recurrent
def stacked_cells():
    """Two GRU cells in one recurrent layer, and the last state of a bidirectional one beside it."""
    inputs = Input((8, 2))
    stacked = layers.RNN([layers.GRUCell(16), layers.GRUCell(16)])(inputs)
    both = layers.Bidirectional(layers.SimpleRNN(8))(inputs)
    model = Model(inputs, layers.Dense(1)(layers.Concatenate()([stacked, both])))
    return trained(model, data.adding(), "mse", optimizers.Adam(0.01), epochs=6)
