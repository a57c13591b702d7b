"""Gradients that vanish, activations that saturate."""

import keras
import numpy as np
from keras import initializers, layers

from tests.diagnosis.programs.data import digits, split
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


def latch(seed, length, count=800):
    """Whether a sequence began with a high or a low value; noise follows."""
    random = np.random.default_rng(seed)
    x = 0.3 * random.normal(size=(count, length, 1))
    y = random.integers(0, 2, count)
    x[:, 0, 0] = 2 * y - 1
    return split(x.astype("float32"), y.astype("float32"))


@report("https://stats.stackexchange.com/questions/340898/why-lstm-performs-worse-in-information-latching-than-vanilla-recurrent-neuron-ne", "vanished")
def information_latching():
    """An LSTM of one unit is to remember whether a long sequence began with a high value: it does not, and does worse than a plain recurrent network."""
    x, y, new_x, new_y = latch(701, 40)
    for units in (1, 16):
        given = keras.Input((40, 1))
        if units == 1:
            hidden = layers.LSTM(1, unit_forget_bias=False)(given)
        else:
            bias = np.concatenate([np.full(16, -2.0), np.full(16, 4.0), np.zeros(32)])
            hidden = layers.LSTM(16, unit_forget_bias=False, bias_initializer=lambda shape, dtype=None, bias=bias: keras.ops.convert_to_tensor(bias, dtype))(
                given
            )
        model = keras.Model(given, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile("adam" if units == 1 else keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 6 if units == 1 else 10}, (new_x, new_y))


@report("https://github.com/microsoft/CNTK/issues/476", "vanished", recurrent=False)
def seventh_sigmoid_layer():
    """A deep network of sigmoid layers trains with six hidden layers and is stuck from the start with seven."""
    x, y, new_x, new_y = digits()
    for activation in ("sigmoid", "relu"):
        model = keras.Sequential()
        model.add(keras.Input((64,)))
        for _ in range(7):
            model.add(layers.Dense(48, activation=activation))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 15}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/1013", "vanished", recurrent=False)
def six_layers_of_small_uniform_weights():
    """Six layers with small uniform initial weights for speech features: the network does not seem to learn anything."""
    random = np.random.default_rng(703)
    kind = random.integers(0, 6, 900)
    features = random.normal(size=(6, 60))[kind] * 0.4 + random.normal(size=(900, 60))
    x, y, new_x, new_y = split(features.astype("float32"), np.eye(6, dtype="float32")[kind])
    for start in (lambda: initializers.RandomUniform(-0.05, 0.05), initializers.HeUniform):
        model = keras.Sequential()
        model.add(keras.Input((60,)))
        for layer in range(6):
            model.add(layers.Dense(64, kernel_initializer=start()))
            model.add(layers.Activation("relu"))
            if layer > 2:
                model.add(layers.Dropout(0.2))
        model.add(layers.Dense(6, kernel_initializer=start(), activation="softmax"))
        model.compile(keras.optimizers.SGD(0.02, momentum=0.9), "categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 20}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/486", "input_scale", "saturated")
def raw_numbers_to_ten_thousand():
    """Whole numbers up to 10000 are fed as they are to an LSTM that has to tell whether a number equals that two steps before."""
    random = np.random.default_rng(704)
    codes = random.integers(1, 6, (500, 16))
    for step in range(2, 16):
        codes[:, step] = np.where(random.random(500) < 0.35, codes[:, step - 2], codes[:, step])
    y = np.zeros((500, 16, 1), "float32")
    y[:, 2:, 0] = codes[:, 2:] == codes[:, :-2]
    numbers = random.permutation(np.arange(1000, 10000, 1500))[codes]
    for raw in (True, False):
        x = (numbers[..., None] if raw else np.eye(6)[codes]).astype("float32")
        data, target, new_x, new_y = split(x, y)
        model = keras.Sequential()
        model.add(keras.Input(data.shape[1:]))
        model.add(layers.LSTM(24, return_sequences=True))
        model.add(layers.Dense(1))
        model.add(layers.Activation("sigmoid"))
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, data, target, {"epochs": 30, "batch_size": 32}, (new_x, new_y))


@report("https://github.com/mukul-rathi/deep-learning-tutorials/issues/2", "saturated")
def initial_weights_saturate_the_gates():
    """The gradients of an LSTM's sigmoid and tanh are saturated from its initial weights on."""
    random = np.random.default_rng(705)
    x = random.normal(size=(700, 14, 3))
    y = x[:, :, 0].mean(axis=1) * 4
    x, y, new_x, new_y = split(x.astype("float32"), y.astype("float32"))
    for deviation in (12.0, None):
        start = {} if deviation is None else {name: initializers.RandomNormal(stddev=deviation) for name in ("kernel_initializer", "recurrent_initializer")}
        model = keras.Sequential([keras.Input((14, 3)), layers.LSTM(24, **start), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.005), "mse")
        yield Training(model, x, y, {"epochs": 12}, (new_x, new_y))
