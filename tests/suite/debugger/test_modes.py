"""Both modes, penalties and settings against closed forms, and a training that stays the same to the bit."""

import keras
import numpy as np
import pytest

from unvanish.keras import Diagnose
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.data_summary import output_summaries
from unvanish.suite.debugger.gradients import measure as gradients
from unvanish.suite.debugger.modes import measure, penalties
from unvanish.suite.debugger.optimizer_settings import optimizer_settings

L = keras.layers


def data(count=64):
    random = np.random.default_rng(0)
    x = random.normal(3, 2, (count, 6)).astype("float32")
    return x, (x[:, 0] > 3).astype("float32")


def compiled(*parts, optimizer="adam", loss="binary_crossentropy"):
    model = keras.Sequential([keras.Input((6,)), *parts])
    model.compile(optimizer, loss)
    return model


def modes_of(model, x, y):
    given = checked(x, y)
    found = gradients(model, given)
    return measure(model, given, output_summaries(model, given.y, found.predictions, found.calls))


def test_the_losses_of_both_modes_are_those_of_keras():
    x, y = data()
    model = compiled(L.BatchNormalization(), L.Dense(1, activation="sigmoid"))
    found = modes_of(model, x, y)
    target = y[:, None]
    for mode, losses in ((True, found.training), (False, found.evaluation)):
        with keras.StatelessScope():
            expected = keras.losses.BinaryCrossentropy()(target, model(x, training=mode))
        assert losses.mean() == pytest.approx(float(expected), rel=1e-5)
    assert found.accuracy[1] == pytest.approx(np.mean((np.asarray(model(x, training=False)) > 0.5) == (target > 0.5)))


def test_the_moving_statistics_are_compared_with_those_of_the_sample():
    x, y = data()
    found = modes_of(compiled(L.BatchNormalization(momentum=0.9, name="normal"), L.Dense(1, activation="sigmoid")), x, y)
    (statistics,) = found.statistics
    deviation = np.sqrt(x.var(axis=0) + 1e-3)
    assert statistics.layer == "normal" and statistics.momentum == 0.9 and statistics.fixed == ""
    assert statistics.distance == pytest.approx(np.max(np.abs(x.mean(axis=0)) / deviation), rel=1e-4)
    assert statistics.ratio == pytest.approx(np.max(deviation) / np.sqrt(1 + 1e-3), rel=1e-4)


class Fixed(keras.Model):
    """Gives its layers a mode of its own, or, without one, that of the model; Keras' functional models always give theirs."""

    def __init__(self, argument):
        super().__init__()
        self.argument, self.normal, self.drop, self.answer = argument, L.BatchNormalization(), L.Dropout(0.4), L.Dense(1, activation="sigmoid")

    def call(self, inputs):
        return self.answer(self.drop(self.normal(inputs, **self.argument), **self.argument))


@pytest.mark.parametrize(("argument", "fixed"), [({}, ""), ({"training": True}, "training"), ({"training": False}, "evaluation")])
def test_a_layer_that_is_called_in_one_mode_is_named(argument, fixed):
    x, y = data()
    model = Fixed(argument)
    model(x)
    model.compile("adam", "binary_crossentropy")
    found = modes_of(model, x, y)
    assert [each.fixed for each in (*found.statistics, *found.dropout)] == [fixed, fixed] and found.dropout[0].rate == 0.4


def test_a_model_without_a_layer_of_two_modes_is_not_called():
    x, y = data()
    assert modes_of(compiled(L.Dense(4, "relu"), L.Dense(1, activation="sigmoid")), x, y) is None


def test_penalties_and_their_gradient_are_those_of_the_equation():
    x, y = data()
    model = compiled(L.Dense(4, kernel_regularizer=keras.regularizers.L2(0.3), name="one"), L.Dense(1, activation="sigmoid"))
    found = penalties(model, checked(x, y[:, None]))
    kernel = model.layers[0].get_weights()[0]
    assert found.penalty == pytest.approx(0.3 * np.sum(kernel**2), rel=1e-5)
    assert found.penalty_gradient == pytest.approx(2 * 0.3 * np.linalg.norm(kernel), rel=1e-5)
    assert found.penalised == {"one": pytest.approx(np.linalg.norm(kernel), rel=1e-5)}
    assert found.loss == pytest.approx(float(keras.losses.BinaryCrossentropy()(y[:, None], model(x))), rel=1e-5)


def test_penalties_of_activities_and_of_recurrent_weights_count_and_a_model_without_any_has_none():
    x, y = data()
    active = compiled(L.Dense(4, activity_regularizer="l2"), L.Dense(1, activation="sigmoid"))
    assert penalties(active, checked(x, y[:, None])).penalty > 0
    assert penalties(compiled(L.Dense(1, activation="sigmoid")), checked(x, y[:, None])) is None
    recurrent = keras.Sequential([keras.Input((3, 2)), L.LSTM(2, recurrent_regularizer="l2", name="lstm"), L.Dense(1, activation="sigmoid")])
    recurrent.compile("adam", "binary_crossentropy")
    kernel = recurrent.layers[0].get_weights()[1]
    assert penalties(recurrent, checked(x.reshape(-1, 3, 2), y[:, None])).penalised == {"lstm": pytest.approx(np.linalg.norm(kernel), rel=1e-5)}


def test_the_settings_are_those_that_the_optimizer_was_given():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model = compiled(L.Dense(1), optimizer=keras.optimizers.AdamW(schedule, epsilon=0.5, weight_decay=0.2, gradient_accumulation_steps=4), loss="mse")
    found = optimizer_settings(model)
    assert (found.epsilon, found.beta_1, found.weight_decay, found.schedule, found.accumulation) == (0.5, 0.9, 0.2, "CosineDecay", 4)
    assert np.isnan(found.momentum) and found.weights == 7
    assert found.weight_norm == pytest.approx(np.sqrt(sum(np.sum(np.square(weight)) for weight in model.get_weights())), rel=1e-5)


@pytest.mark.slow
def test_a_training_is_the_same_to_the_bit():
    x, y = data()
    weights = []
    for watched in (False, True):
        keras.utils.set_random_seed(1)
        model = compiled(L.Dense(8, "relu", kernel_regularizer="l2"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(1, activation="sigmoid"))
        model.fit(x, y, epochs=2, verbose=0, callbacks=[Diagnose(x, y, mlflow=False)] if watched else [])
        weights.append([np.asarray(value) for value in model.variables])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
