"""Programs with one fault each, on which thresholds are set."""

import numpy as np
from keras import Input, Model, Sequential, initializers, layers, ops, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.programs.development_healthy import trained
from tests.diagnosis.programs.program import program


def faulty(*causes):
    return program("development", *causes)


def faulty_recurrent(*causes):
    return program("development", *causes, recurrent=True)


@faulty("rate_too_high")
def sgd_rate_of_fifty():
    """Digits with SGD at a rate of 50."""
    model = Sequential([Input((64,)), layers.Dense(48, "relu"), layers.Dense(10, "softmax")])
    return trained(model, data.digits(), "sparse_categorical_crossentropy", optimizers.SGD(50.0))


@faulty("rate_too_high")
def adam_rate_of_one():
    """Friedman's regression with Adam at a rate of 3."""
    model = Sequential([Input((10,)), layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(1)])
    return trained(model, data.friedman(), "mse", optimizers.Adam(3.0))


@faulty("rate_too_low")
def sgd_rate_of_a_millionth():
    """Blobs with SGD at a rate of 1e-6."""
    model = Sequential([Input((10,)), layers.Dense(32, "relu"), layers.Dense(4, "softmax")])
    return trained(model, data.blobs(), "sparse_categorical_crossentropy", optimizers.SGD(1e-6))


@faulty("input_scale")
def inputs_in_thousands():
    """Friedman's features times a thousand, not normalised."""
    x, y, new_x, new_y = data.friedman()
    model = Sequential([Input((10,)), layers.Dense(32, "tanh"), layers.Dense(1)])
    return trained(model, (1000 * x, y, 1000 * new_x, new_y), "mse")


@faulty("vanished")
def stack_of_sigmoids():
    """Ten sigmoid layers."""
    model = Sequential([Input((10,)), *(layers.Dense(16, "sigmoid") for _ in range(10)), layers.Dense(4, "softmax")])
    return trained(model, data.blobs(), "sparse_categorical_crossentropy", optimizers.SGD(0.1))


@faulty("dead")
def dead_relus():
    """A hidden layer whose biases are so low that no sample reaches zero."""
    hidden = layers.Dense(32, "relu", bias_initializer=initializers.Constant(-30.0))
    model = Sequential([Input((2,)), layers.Dense(32, "relu"), hidden, layers.Dense(1, "sigmoid")])
    return trained(model, data.moons(), "binary_crossentropy")


@faulty("wrong_output")
def linear_output_with_cross_entropy():
    """No softmax, and no from_logits."""
    model = Sequential([Input((64,)), layers.Dense(48, "relu"), layers.Dense(10)])
    return trained(model, data.digits(), "sparse_categorical_crossentropy")


@faulty("no_signal")
def labels_shuffled():
    """The labels in another order than the inputs."""
    x, y, new_x, new_y = data.blobs(count=4000)
    model = Sequential([Input((10,)), layers.Dense(16, "relu"), layers.Dense(4, "softmax")])
    return trained(model, (x, data.shuffled(y), new_x, data.shuffled(new_y)), "sparse_categorical_crossentropy", epochs=4)


@faulty("saturated")
def saturated_tanh():
    """Two tanh layers whose weights are drawn with a deviation of 5."""
    start = initializers.RandomNormal(stddev=5.0, seed=1)
    hidden = [layers.Dense(24, "tanh", kernel_initializer=start) for _ in range(4)]
    model = Sequential([Input((10,)), *hidden, layers.Dense(1)])
    return trained(model, data.friedman(400), "mse", optimizers.SGD(1e-3), epochs=10)


@faulty_recurrent("vanished")
def rnn_forgets():
    """A SimpleRNN with small recurrent weights; what is asked for is 30 steps back."""
    layer = layers.SimpleRNN(16, recurrent_initializer=initializers.RandomNormal(stddev=0.05, seed=1))
    model = Sequential([Input((31, 1)), layer, layers.Dense(1, "sigmoid")])
    return trained(model, data.first_sign(30), "binary_crossentropy", optimizers.SGD(0.1), epochs=5)


@faulty_recurrent("exploded")
def relu_rnn_explodes():
    """ReLU in a SimpleRNN with recurrent weights far above the identity."""
    layer = layers.SimpleRNN(16, activation="relu", recurrent_initializer=initializers.Identity(1.6))
    model = Sequential([Input((21, 1)), layer, layers.Dense(1)])
    x, y, new_x, new_y = data.first_sign(20)
    return trained(model, (x, y.astype("float32"), new_x, new_y.astype("float32")), "mse", optimizers.SGD(0.01), epochs=5)


@faulty_recurrent("truncated")
def gradient_stopped_in_the_middle():
    """The state is passed on without its gradient in the middle of the sequence, after what is asked for."""
    inputs = Input((20, 1))
    first, last = layers.LSTM(16, return_state=True), layers.LSTM(16)
    _, *states = first(inputs[:, :10])
    state = last(inputs[:, 10:], initial_state=[ops.stop_gradient(each) for each in states])
    return trained(Model(inputs, layers.Dense(1, "sigmoid")(state)), data.first_sign(19), "binary_crossentropy", optimizers.Adam(0.003), epochs=5)


@faulty_recurrent("truncated")
def windows_of_one_layer():
    """The same with one layer called on two windows, and inputs in between that are larger than what is asked for."""
    x, y, new_x, new_y = data.first_sign(15)
    x, new_x = (np.concatenate([part[:, :1], 6 * part[:, 1:]], axis=1) for part in (x, new_x))
    inputs = Input((16, 1))
    layer = layers.SimpleRNN(16, return_state=True)
    _, state = layer(inputs[:, :8])
    output, _ = layer(inputs[:, 8:], initial_state=ops.stop_gradient(state))
    return trained(Model(inputs, layers.Dense(1, "sigmoid")(output)), (x, y, new_x, new_y), "binary_crossentropy", optimizers.Adam(0.003), epochs=5)


@faulty_recurrent("rate_too_high")
def lstm_rate_of_two():
    """An LSTM with Adam at a rate of 2."""
    model = Sequential([Input((12,), dtype="int32"), layers.Embedding(6, 8), layers.LSTM(16), layers.Dense(1, "sigmoid")])
    return trained(model, data.more_often(), "binary_crossentropy", optimizers.Adam(2.0))


@faulty_recurrent("wrong_output")
def softmax_twice():
    """Softmax outputs with a loss that takes logits, at every step."""
    from keras.losses import SparseCategoricalCrossentropy

    model = Sequential([Input((12,), dtype="int32"), layers.Embedding(8, 8), layers.GRU(16, return_sequences=True), layers.Dense(2, "softmax")])
    return trained(model, data.tags(), SparseCategoricalCrossentropy(from_logits=True), epochs=4)


@faulty_recurrent("frozen")
def frozen_rnn():
    """The recurrent layer is not trained, and has random weights."""
    layer = layers.SimpleRNN(16, trainable=False)
    model = Sequential([Input((21, 1)), layer, layers.Dense(1, "sigmoid")])
    return trained(model, data.first_sign(20), "binary_crossentropy", epochs=5)


@faulty_recurrent("symmetric")
def rnn_of_zeros():
    """All weights of the recurrent layer start at zero."""
    layer = layers.SimpleRNN(16, kernel_initializer="zeros", recurrent_initializer="zeros")
    model = Sequential([Input((10, 1)), layer, layers.Dense(1)])
    return trained(model, data.totals(), "mse", epochs=4)


@faulty_recurrent("rate_too_low")
def gru_hardly_moves():
    """A GRU with Adam at a rate of 1e-7."""
    model = Sequential([Input((20, 1)), layers.GRU(16), layers.Dense(1)])
    return trained(model, data.wave(), "mse", optimizers.Adam(1e-7), epochs=5)
