"""Programs in float16 whose numbers are too small or too large for it."""

import numpy as np
from keras import Input, Model, Sequential, layers, ops, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/keras-team/keras/issues/11860", "half_precision")
def adam_in_float16():
    """Adam's squares of gradients and its epsilon are 0 in float16."""
    random = np.random.default_rng(11860)
    x = random.normal(size=(600, 12, 4)).astype("float32")
    y = (0.1 * x[:, :, 0].mean(axis=1) + 0.05 * x[:, -1, 1]).astype("float32")
    for kind in ("float16", "float32"):
        model = Sequential([Input((12, 4)), layers.LSTM(16, dtype=kind), layers.Dense(16, activation="relu", dtype=kind), layers.Dense(1, dtype=kind)])
        yield training(model, data.split(x, y), "mse", optimizers.Adam(0.003), epochs=12)


@report("https://github.com/keras-team/keras/pull/17571", "half_precision", "not_finite_operation")
def attention_mask_of_minus_a_billion():
    """The mask of an attention adds a number that is minus infinity in float16."""
    random = np.random.default_rng(17571)
    lengths = random.integers(6, 21, 600)
    tokens = random.integers(1, 20, (600, 20)) * (np.arange(20) < lengths[:, None])
    y = ((tokens == 3).sum(axis=1) > (tokens == 4).sum(axis=1)).astype("int32")
    for large in (-1e9, -3e4):
        given = Input((20,))
        hidden = layers.Embedding(20, 16, dtype="mixed_float16")(given)
        hidden = layers.GRU(16, return_sequences=True, dtype="mixed_float16")(hidden)
        scores = layers.Dense(1, dtype="mixed_float16")(hidden)

        def masked(z, large=large):
            scores, tokens = z
            return ops.softmax(scores + (1 - ops.cast(ops.expand_dims(tokens, -1) != 0, "float16")) * ops.cast(large, "float16"), axis=1)

        weights = layers.Lambda(masked, dtype="mixed_float16", autocast=False)([scores, given])
        attended = layers.Lambda(lambda z: ops.sum(z[0] * z[1], axis=1), dtype="mixed_float16")([weights, hidden])
        model = Model(given, layers.Dense(1, activation="sigmoid", dtype="float32")(attended))
        yield training(model, data.split(tokens, y), "binary_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=12)


@report("https://github.com/keras-team/keras/issues/4032", "half_precision", recurrent=False)
def pictures_in_float16():
    """A convolutional network is trained in float16 with the settings of float32, and its loss says nothing."""
    x, y, new_x, new_y = data.digits()
    x, new_x = (part.reshape(-1, 8, 8, 1) for part in (x, new_x))
    for kind in ("float16", "float32"):
        given = Input((8, 8, 1))
        hidden = layers.Conv2D(16, 3, activation="relu", dtype=kind)(given)
        hidden = layers.Flatten(dtype=kind)(layers.Conv2D(16, 3, activation="relu", dtype=kind)(hidden))
        model = Model(given, layers.Dense(10, activation="softmax", dtype=kind)(layers.Dense(32, activation="relu", dtype=kind)(hidden)))
        one_hot = np.eye(10, dtype="float32")
        parts = x[:600], one_hot[y[:600]], new_x, one_hot[new_y]
        yield training(model, parts, "categorical_crossentropy", optimizers.Adam(1e-3), ["accuracy"], epochs=12)
