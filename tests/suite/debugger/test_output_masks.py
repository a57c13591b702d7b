"""The loss of masked sequences, from arrays of predictions, is what Keras says of the model."""

import keras
import numpy as np
import pytest
from keras import layers

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.output_masks import weighted_by_masks


def padded(lengths, steps=10):
    """Tokens of 1 to 8, padded with 0 to the right, and a class for each step."""
    x = np.random.default_rng(0).integers(1, 9, (len(lengths), steps))
    x[np.arange(steps) >= np.array(lengths)[:, None]] = 0
    return x, x % 3


def tagger(mask_zero):
    keras.utils.set_random_seed(1)
    inner = [layers.Embedding(9, 4, mask_zero=mask_zero), layers.LSTM(5, return_sequences=True), layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((10,)), *inner])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, 320).reshape(32, 10)])
def test_masked_steps_are_left_out_as_keras_leaves_them_out(weight):
    (x, y), model = padded(np.arange(32) % 8 + 3), tagger(mask_zero=True)
    found = weighted_by_masks(model, Data(x, y, weight, 32))
    loss = float(model._compile_loss(y, np.asarray(model(x)), found.weight))
    assert loss == pytest.approx(model.evaluate(x, y, sample_weight=weight, batch_size=32, verbose=0), rel=1e-5)


def test_samples_of_a_model_whose_outputs_have_no_mask_are_as_they_are():
    (x, y), given = padded([4, 7, 10, 10]), tagger(mask_zero=False)
    data = Data(x, y, None, 4)
    assert weighted_by_masks(given, data) is data
