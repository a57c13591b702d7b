"""The first value that is not finite is found where it was put: the layer, operation or loss, the way, and the sample."""

import keras
import numpy as np
import pytest

from unvanish.keras import Diagnose
from unvanish.keras import diagnose as diagnose_model

layers, ops = keras.layers, keras.ops
random = np.random.default_rng(0)
X = random.normal(size=(64, 3)).astype("float32")
Y = random.normal(size=(64, 1)).astype("float32")
ROW = 7


class LogOfPositive(layers.Layer):
    """Finite forward; the gradient of the branch that is not taken is infinity times 0."""

    def call(self, inputs):
        return ops.where(inputs > 0, ops.log(inputs), 0.0)


class Share(layers.Layer):
    """0 / 0 for a sample of zeros."""

    def call(self, inputs):
        return inputs / ops.sum(ops.abs(inputs), axis=-1, keepdims=True)


def with_a_row(array, value):
    changed = array.copy()
    changed[ROW] = value
    return changed


def network(*inner, loss="mse", optimizer="adam", **output):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), *inner, layers.Dense(1, use_bias=False, **output)])
    model.compile(optimizer, loss)
    return model


def distance(a, b):
    return ops.mean(ops.sqrt(ops.square(a - b)))


def functional():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(ops.log(inputs)))
    model.compile("adam", "mse")
    return model


POSITIVE = np.abs(X) + 0.1
# a model, x, y; then the kind, a word of the place, and the direction
CASES = {
    "root in the loss": (
        lambda: network(loss=distance, kernel_initializer="zeros"),
        X,
        with_a_row(np.sign(Y), 0.0),
        "operation",
        "the loss distance",
        "backward",
    ),
    "log of 0": (functional, with_a_row(POSITIVE, 0.0), Y, "operation", "operation log", "forward"),
    "0 over 0": (lambda: network(Share(name="share")), with_a_row(X, 0.0), Y, "operation", "layer share", "forward"),
    "where": (
        lambda: network(layers.Dense(3, use_bias=False, kernel_initializer="identity"), LogOfPositive(name="logs")),
        with_a_row(POSITIVE, 0.0),
        Y,
        "operation",
        "layer logs",
        "backward",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_place_and_the_sample_are_found(name):
    make, x, y, kind, place, direction = CASES[name]
    watch = Diagnose(x, y)
    make().fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0, callbacks=[watch])
    origin = watch.record.origin
    assert (origin.kind, origin.direction, origin.samples) == (kind, direction, (ROW,)) and place in origin.place
    assert watch.diagnosis.findings[0].cause == "not_finite_operation" and f"sample {ROW}" in str(watch.diagnosis)
    assert watch.record.not_measured == ()


def test_weights_that_are_not_finite_before_training_are_named():
    table = random.normal(size=(5, 2)).astype("float32")
    table[3] = np.nan
    model = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2, weights=[table], name="words"), layers.Flatten(), layers.Dense(1)])
    model.compile("adam", "mse")
    ids = random.integers(0, 5, (64, 3))
    watch = Diagnose(ids, Y)
    model.fit(ids, Y, verbose=0, callbacks=[watch])
    assert watch.diagnosis.findings[0].cause == "not_finite_weights" and "words" in watch.diagnosis.findings[0].what


def test_growth_until_overflow_is_no_operation():
    watch = Diagnose(X, Y)
    network(layers.Dense(4), optimizer=keras.optimizers.SGD(1e3)).fit(X, Y, batch_size=16, epochs=10, verbose=0, callbacks=[watch])
    assert watch.record.origin.kind == "growth" and watch.diagnosis.findings[0].cause == "rate_too_high"


def test_labels_and_indices_that_do_not_fit_are_said_before_keras_raises_and_by_diagnose():
    labels = random.integers(1, 4, 64)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    ids = np.full((64, 3), 5)
    looks_up = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2), layers.LSTM(2), layers.Dense(1)])
    looks_up.compile("adam", "mse", jit_compile=False)
    for made, x, y, cause in ((model, X, labels, "wrong_output"), (looks_up, ids, Y, "index_out_of_range")):
        watch = Diagnose(x, y)
        with pytest.raises(Exception, match=r"Received a label value of 3|is not in \[0, 5\)"), pytest.warns(UserWarning, match="unit|rows"):
            made.fit(x, y, verbose=0, callbacks=[watch])
        assert watch.diagnosis.findings[0].cause == diagnose_model(made, x, y, steps=4).findings[0].cause == cause
