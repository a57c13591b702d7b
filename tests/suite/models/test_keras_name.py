"""Names of Keras models and layers are those of tasks and models where Keras and TensorFlow take these, and otherwise without what they refuse."""

import keras
import numpy as np
import pytest

from tests.support.hostile import hostile
from unvanish.suite.models.model import keras_name


@pytest.mark.parametrize("task", ["table:my log", "table:\u65e5\u8a18", hostile("task"), "a/b", "../x"])
def test_keras_takes_a_name_made_of_any_other(task):
    inputs = keras.Input((2,), name=keras_name(task, "inputs"))
    network = keras.Sequential([inputs, keras.layers.Dense(1, name=keras_name(task, "layer"))], name=keras_name(task, "rnn"))
    assert network(np.zeros((3, 2), np.float32)).shape == (3, 1)


def test_names_of_what_ships_stay_as_they_are():
    assert keras_name("first_symbol", "inputs") == "first_symbol_inputs"
