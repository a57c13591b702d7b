"""Any model and any training: with the callback the weights are the same to the bit, and what is not measured is said in a sentence."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.slow import slow_but
from unvanish.keras import Diagnose

layers, ops = keras.layers, keras.ops
random = np.random.default_rng(0)
X = random.normal(size=(64, 6, 2)).astype("float32")
Y = (X[:, 0, 0] > 0).astype("float32")
WORDS = np.array([["good film", "bad film"][int(y)] for y in Y])


def compiled(model, loss="binary_crossentropy", optimizer="adam", **more):
    model.compile(optimizer, loss, **more)
    return model


def sequential(*inner, **more):
    return compiled(keras.Sequential([keras.Input((6, 2)), *inner, layers.Dense(1, activation="sigmoid")]), **more)


class Subclassed(keras.Model):
    """Not built before it is trained, with dropout and batch normalisation."""

    def __init__(self):
        super().__init__()
        self.inner = [layers.LSTM(3, return_sequences=True, dropout=0.2), layers.BatchNormalization(), layers.GRU(3), layers.Dropout(0.3)]
        self.answer = layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        for layer in self.inner:
            inputs = layer(inputs)
        return self.answer(inputs)


class OwnStep(keras.Model):
    """A training step without a compiled loss, whose loss is that of the batch."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(y[:, None], self(x, training=True)))
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables, strict=True))
        return {"loss": loss}


class TwoOptimizers(keras.Model):
    """Two losses, neither named loss, two optimizers, a metric and a counter of TensorFlow's own."""

    def __init__(self):
        super().__init__()
        self.one, self.other = layers.Dense(2), layers.Dense(1)
        self.fast, self.slow = keras.optimizers.SGD(0.1), keras.optimizers.Adam(0.01)
        self.mean = keras.metrics.Mean(name="one_loss")
        self.calls = tf.Variable(0, trainable=False)

    def call(self, x):
        return self.other(self.one(x[:, 0]))

    def train_step(self, data):
        x, y = data
        self.calls.assign_add(1)
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_mean((self(x)[:, 0] - y) ** 2)
            penalty = tf.reduce_sum(self.one.kernel**2)
        self.fast.apply_gradients(zip(tape.gradient(penalty, self.one.trainable_variables), self.one.trainable_variables, strict=True))
        self.slow.apply_gradients(zip(tape.gradient(loss, self.other.trainable_variables), self.other.trainable_variables, strict=True))
        self.mean.update_state(loss)
        return {"one_loss": self.mean.result()}


class Penalised(layers.Layer):
    """Adds a loss of its own."""

    def call(self, inputs):
        self.add_loss(0.1 * ops.mean(inputs**2))
        return inputs


class Leaky(layers.Layer):
    """A cell of one's own."""

    state_size = output_size = 3

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1] + 3, 3))

    def call(self, inputs, states):
        new = 0.9 * states[0] + 0.1 * ops.tanh(ops.matmul(ops.concatenate([inputs, states[0]], -1), self.kernel))
        return new, [new]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, number):
        return X[16 * number : 16 * number + 16], Y[16 * number : 16 * number + 16]


def several():
    """Two inputs and three outputs by name, one of them without a loss."""
    one, other = keras.Input((6, 2), name="one"), keras.Input((2,), name="other")
    hidden = layers.Concatenate()([layers.GRU(3)(one), other])
    outputs = {name: layers.Dense(1, name=name)(hidden) for name in ("a", "b", "c")}
    model = keras.Model({"one": one, "other": other}, outputs)
    model.compile("adam", {"a": "mse", "b": "mae"})
    return model


def shared_and_nested():
    inputs = keras.Input((6, 2))
    shared = layers.LSTM(2, return_sequences=True)
    inner = keras.Sequential([keras.Input((6, 2)), layers.Dense(2, "relu"), shared])
    return compiled(keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Flatten()(inner(shared(inputs))))))


def with_text():
    vectorize = layers.TextVectorization(output_sequence_length=3)
    vectorize.adapt(WORDS)
    inner = [vectorize, layers.Embedding(8, 3, mask_zero=True), layers.LSTM(3), layers.Dense(1)]
    return compiled(keras.Sequential([keras.Input((), dtype="string"), *inner]), "mse")


def convolutional():
    inner = [layers.Reshape((6, 2, 1, 1)), layers.ConvLSTM2D(2, 1), layers.Flatten()]
    return sequential(*inner)


def stateful():
    return compiled(keras.Sequential([keras.Input(batch_shape=(16, 6, 2)), layers.LSTM(3, stateful=True), layers.Dense(1, activation="sigmoid")]))


def policy(name):
    keras.config.set_dtype_policy(name)
    try:
        recurrent = layers.LSTM(3, recurrent_initializer="glorot_uniform")  # TensorFlow has no orthogonal ones in bfloat16
        return sequential(recurrent, layers.Dense(3, "relu"))
    finally:
        keras.config.set_dtype_policy("float32")


def endless():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16).repeat()


def texts():
    return tf.data.Dataset.from_tensor_slices((WORDS, Y)).batch(16)


def own_step():
    inputs = keras.Input((6, 2))
    return compiled(OwnStep(inputs, layers.Dense(1, activation="sigmoid")(layers.LSTM(3)(inputs))), None)


def plain():
    return sequential(layers.GRU(3))


# how a model is made, what `fit` gets, what `Diagnose` gets where that is something else, and words of what cannot be measured
CASES = {
    "subclassed, not built": (lambda: compiled(Subclassed()), {}, None, ""),
    "train_step of one's own": (own_step, {}, None, ""),
    "two optimizers": (lambda: compiled(TwoOptimizers(), None, None), {}, None, ""),
    "several inputs and outputs": (several, {"x": {"one": X, "other": X[:, 0]}, "y": {"a": Y, "b": Y}}, None, ""),
    "shared and nested": (shared_and_nested, {}, None, ""),
    "text": (with_text, {"x": texts}, texts, ""),
    "convolutional recurrent": (convolutional, {}, None, ""),
    "stateful": (stateful, {"shuffle": False}, None, ""),
    "float16": (lambda: policy("float16"), {}, None, ""),
    "mixed": (lambda: policy("mixed_float16"), {}, None, ""),
    "bfloat16": (lambda: policy("bfloat16"), {}, None, ""),
    "gradient accumulation": (lambda: sequential(layers.GRU(3), optimizer=keras.optimizers.Adam(gradient_accumulation_steps=2)), {}, None, ""),
    "moving average of weights": (lambda: sequential(layers.GRU(3), optimizer=keras.optimizers.Adam(use_ema=True)), {}, None, ""),
    "eager": (lambda: sequential(layers.LSTM(3), layers.Dropout(0.3), run_eagerly=True), {}, None, ""),
    "several steps in a call": (lambda: sequential(layers.GRU(3), steps_per_execution=3), {}, None, ""),
    "XLA": (lambda: sequential(layers.GRU(3), jit_compile=True), {}, None, ""),
    "a loss of a layer": (lambda: sequential(Penalised(), layers.GRU(3, kernel_regularizer="l2")), {}, None, ""),
    "a cell of one's own": (lambda: sequential(layers.RNN(Leaky())), {}, None, ""),
    "several at a time": (lambda: sequential(layers.TimeDistributed(layers.Dense(2)), layers.Bidirectional(layers.LSTM(2))), {}, None, ""),
    "data without end": (plain, {"x": endless, "steps_per_epoch": 3}, endless, ""),
    "batches": (plain, {"x": Batches}, Batches, ""),
    "a generator": (plain, {"x": lambda: ((X[:16], Y[:16]) for _ in range(20)), "steps_per_epoch": 4}, lambda: (X, Y), ""),
    "class weights": (plain, {"class_weight": {0: 1.0, 1: 3.0}}, None, ""),
    "early stop": (plain, {"callbacks": [keras.callbacks.TerminateOnNaN()], "validation_split": 0.5}, None, ""),
    "no epochs": (plain, {"epochs": 0}, None, ""),
    "no optimizer steps": (lambda: sequential(layers.Flatten(), optimizer=keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 4))), {}, None, ""),
}


def trained(make, fit, given):
    """The variables of a model after training, and the callback where one is given."""
    keras.utils.set_random_seed(3)
    model = make()
    settings = {"x": X, "y": Y, "batch_size": 16, "epochs": 2, "verbose": 0} | fit
    if callable(settings["x"]):
        settings |= {"x": settings["x"](), "y": None, "batch_size": None}
    watch = None
    if given is not None:
        watch = Diagnose(*given, max_overhead=None)
        settings["callbacks"] = [*settings.get("callbacks", []), watch]
    history = model.fit(**settings)
    return [np.asarray(variable) for variable in (*model.variables, *(model.optimizer.variables if model.optimizer else []))], history.history, watch


# each has a way of its own through the callback; the others meet one of these ways again
FAST = [
    "subclassed, not built",
    "train_step of one's own",
    "several inputs and outputs",
    "text",
    "stateful",
    "mixed",
    "no epochs",
]


@pytest.mark.parametrize("name", slow_but(FAST, CASES))
def test_the_weights_are_the_same_to_the_bit_and_what_is_not_measured_is_said(name):
    make, fit, data, words = CASES[name]
    given = (fit.get("x", X), fit.get("y", Y)) if data is None else data() if isinstance(data(), tuple) else (data(),)
    alone, curves, _ = trained(make, fit, None)
    watched, watched_curves, watch = trained(make, fit, given)
    assert len(alone) == len(watched)
    for one, other in zip(alone, watched, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_equal(watched_curves, curves)
    assert watch.record.not_measured == () if not words else words in " ".join(watch.record.not_measured)
    assert str(watch.diagnosis) and watch.record.probe_steps[0] == 0
