"""Programs with one fault each, on which the rules are scored."""

import numpy as np
from keras import Input, Model, Sequential, initializers, layers, ops, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.programs.held_out_healthy import trained
from tests.diagnosis.programs.program import program


def faulty(*causes):
    return program("held_out", *causes)


def faulty_recurrent(*causes):
    return program("held_out", *causes, recurrent=True)


@faulty("rate_too_high")
def convolution_at_a_rate_of_two():
    """A convolution with Adam at a rate of 2."""
    inner = [layers.Conv2D(12, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")]
    model = Sequential([Input((64,)), layers.Reshape((8, 8, 1)), *inner])
    return trained(model, data.digits(), "sparse_categorical_crossentropy", optimizers.Adam(2.0), epochs=5)


@faulty("rate_too_low")
def adam_at_a_hundred_millionth():
    """Circles with Adam at a rate of 1e-8."""
    model = Sequential([Input((2,)), layers.Dense(16, "tanh"), layers.Dense(16, "tanh"), layers.Dense(1, "sigmoid")])
    return trained(model, data.circles(), "binary_crossentropy", optimizers.Adam(1e-8))


@faulty("input_scale")
def raw_measurements():
    """The breast cancer data as they are: some features are in thousands."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    model = Sequential([Input((30,)), layers.Dense(16, "tanh"), layers.Dense(16, "tanh"), layers.Dense(1, "sigmoid")])
    return trained(model, data.split(found.data.astype("float32"), found.target), "binary_crossentropy")


@faulty("vanished")
def deep_tanh_with_small_weights():
    """Twelve tanh layers whose weights are drawn too small."""
    start = initializers.RandomNormal(stddev=0.02, seed=2)
    hidden = [layers.Dense(24, "tanh", kernel_initializer=start) for _ in range(12)]
    return trained(Sequential([Input((30,)), *hidden, layers.Dense(1)]), data.real("breast_cancer"), "mse", optimizers.SGD(0.05))


@faulty("dead")
def dead_convolution():
    """A convolution whose biases are far below zero."""
    inner = [layers.Conv2D(12, 3, activation="relu", bias_initializer=initializers.Constant(-10.0)), layers.Flatten(), layers.Dense(10, "softmax")]
    model = Sequential([Input((64,)), layers.Reshape((8, 8, 1)), *inner])
    return trained(model, data.digits(), "sparse_categorical_crossentropy", epochs=5)


@faulty("wrong_output")
def relu_output_of_a_regression():
    """Half of the targets are below zero, where the output cannot go."""
    model = Sequential([Input((10,)), layers.Dense(16, "relu"), layers.Dense(1, "relu")])
    return trained(model, data.real("diabetes", targets=True), "mse")


@faulty("no_signal")
def targets_shifted():
    """The targets of other rows."""
    x, y, new_x, new_y = data.friedman(3000)
    model = Sequential([Input((10,)), layers.Dense(16, "relu"), layers.Dense(1)])
    return trained(model, (x, np.roll(y, 100), new_x, np.roll(new_y, 100)), "mae", epochs=4)


@faulty("wrong_output")
def softmax_over_one_unit():
    """Two classes, one unit, softmax."""
    model = Sequential([Input((30,)), layers.Dense(16, "relu"), layers.Dense(1, "softmax")])
    return trained(model, data.real("breast_cancer"), "binary_crossentropy", epochs=5)


@faulty("wrong_output")
def one_target_for_three_units():
    """Three output units and one number to predict: the loss repeats it."""
    model = Sequential([Input((10,)), layers.Dense(16, "relu"), layers.Dense(3)])
    x, y, new_x, new_y = data.real("diabetes", targets=True)
    return trained(model, (x, y[:, None], new_x, new_y[:, None]), "mse", epochs=5)


@faulty_recurrent("vanished")
def lstm_that_forgets():
    """An LSTM whose forget gates start nearly closed; what is asked for is 24 steps back."""
    layer = layers.LSTM(16, bias_initializer=initializers.Constant(-3.0), unit_forget_bias=False)
    model = Sequential([Input((25, 2)), layer, layers.Dense(1, "sigmoid")])
    return trained(model, data.first_sign(24, features=2, seed=21), "binary_crossentropy", optimizers.SGD(0.2), epochs=5)


@faulty_recurrent("exploded")
def linear_rnn_explodes():
    """A recurrent layer without activation and a spectral radius of about 1.7."""
    layer = layers.SimpleRNN(24, activation=None, recurrent_initializer=initializers.RandomNormal(stddev=1.7 / 24**0.5, seed=3))
    model = Sequential([Input((20, 1)), layer, layers.Dense(1)])
    x, y, new_x, new_y = data.autoregression()
    return trained(model, (x, y[:, -1], new_x, new_y[:, -1]), "mse", optimizers.SGD(0.01), epochs=5)


@faulty_recurrent("truncated")
def windows_shorter_than_the_lag():
    """A stateful GRU is shown windows of 4 steps of a stream; each target is the input 9 steps before."""
    random = np.random.default_rng(22)
    stream = random.choice([-1.0, 1.0], size=(32, 4 * 60 + 9)).astype("float32")
    inputs, targets = stream[:, 9:], stream[:, :-9]
    x, y = (part.reshape(32, 60, 4).transpose(1, 0, 2).reshape(-1, 4, 1) for part in (inputs, targets))
    model = Sequential([Input(batch_shape=(32, 4, 1)), layers.GRU(16, stateful=True, return_sequences=True), layers.Dense(1)])
    return trained(model, (x, y, x, y), "mse", optimizers.Adam(0.003), epochs=4, shuffle=False)


@faulty_recurrent("rate_too_high")
def gru_at_a_rate_of_a_hundred():
    """A GRU with SGD at a rate of 100."""
    model = Sequential([Input((8, 2)), layers.GRU(16), layers.Dense(1)])
    return trained(model, data.adding(), "mse", optimizers.SGD(100.0), epochs=5)


@faulty_recurrent("wrong_output")
def sigmoid_for_three_classes():
    """Sigmoid units with the loss of a softmax."""
    model = Sequential([Input((10,), dtype="int32"), layers.Embedding(9, 8), layers.LSTM(16), layers.Dense(3, "sigmoid")])
    return trained(model, data.which_first(), "categorical_crossentropy", epochs=5)


@faulty_recurrent("frozen")
def cut_embedding_and_gru():
    """The outputs of the GRU lose their gradient on the way to the last layers."""
    inputs = Input((10,), dtype="int32")
    state = layers.GRU(12)(layers.Embedding(9, 8)(inputs))
    outputs = layers.Dense(3, "softmax")(layers.Dense(8, "relu")(ops.stop_gradient(state)))
    return trained(Model(inputs, outputs), data.which_first(), "categorical_crossentropy", epochs=5)


@faulty_recurrent("no_signal")
def tags_of_other_sequences():
    """A label for every step, of another sequence."""
    x, y, new_x, new_y = data.tags(10, 1600)
    model = Sequential([Input((10,), dtype="int32"), layers.Embedding(8, 8), layers.LSTM(12, return_sequences=True), layers.Dense(2, "softmax")])
    x, y, new_x, new_y = (part[:, 1:] for part in (x, y, new_x, new_y))
    return trained(model, (x[:, :9], data.shuffled(y)[:, :9], new_x[:, :9], new_y[:, :9]), "sparse_categorical_crossentropy", epochs=3)


@faulty_recurrent("symmetric")
def equal_units():
    """All weights of a GRU start at the same value."""
    same = initializers.Constant(0.05)
    layer = layers.GRU(12, kernel_initializer=same, recurrent_initializer=same)
    model = Sequential([Input((12, 1)), layer, layers.Dense(1)])
    return trained(model, data.running_maximum(), "mse", epochs=4)


@faulty_recurrent("input_scale", "saturated")
def inputs_of_hundreds_into_an_rnn():
    """The values of a process times 300, into tanh units."""
    x, y, new_x, new_y = data.autoregression(20, 500)
    model = Sequential([Input((20, 1)), layers.SimpleRNN(12, return_sequences=True), layers.Dense(1)])
    return trained(model, (300 * x, y, 300 * new_x, new_y), "mse", epochs=4)
