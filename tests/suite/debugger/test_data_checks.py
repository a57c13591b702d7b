"""Checks of samples and simple predictors, against scikit-learn, closed forms and data whose fault is known."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unvanish.suite.debugger.best_constant import best_constant
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.data_checks import check, split
from unvanish.suite.debugger.data_summary import input_summary, output_summary
from unvanish.suite.debugger.simple_predictors import compare
from unvanish.suite.diagnosis.simple_predictors import CONSTANT, LAST, LINEAR, SEASON

random = np.random.default_rng(0)
X = random.normal(size=(400, 6)).astype("float32")
CLASSES = np.digitize(X[:, 0] + X[:, 1], [-1.0, 0.7])
SERIES = np.sin(2 * np.pi * np.arange(500) / 10) + 0.1 * random.normal(size=500)
WINDOWS = np.stack([SERIES[i : i + 20] for i in range(480)])[..., None].astype("float32")
NEXT = SERIES[20:].astype("float32")


def output_of(target, loss="mean_squared_error", size=1, activation="linear", name="out"):
    return output_summary(name, loss, False, activation, np.zeros((4, size)), np.asarray(target))


def model_of(shape, size=1, activation=None, loss="mse"):
    keras.utils.set_random_seed(0)
    inner = [keras.layers.Flatten()] if len(shape) > 1 else []
    model = keras.Sequential([keras.Input(shape), *inner, keras.layers.Dense(size, activation)])
    model.compile("sgd", loss)
    model.fit(np.zeros((2, *shape)), np.zeros(2), verbose=0)
    return model


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_best_constant_of_a_quantile_loss_is_that_quantile(quantile):
    y = random.gamma(2.0, size=801)

    def loss(target, predicted, weight):
        error = target - predicted[:, 0]
        return np.maximum(quantile * error, (quantile - 1) * error).mean()

    assert best_constant(loss, y, None, (1,), np.float64)[0] == pytest.approx(np.quantile(y, quantile), abs=0.01)


def test_the_best_constant_of_a_percentage_error_is_the_median_weighted_by_the_inverse_of_the_targets():
    y = random.uniform(1, 9, 501)
    order = np.argsort(y)
    share = np.cumsum(1 / y[order]) / (1 / y).sum()
    median = y[order][np.searchsorted(share, 0.5)]
    found = best_constant(lambda a, b, w: (np.abs(a - b[:, 0]) / a).mean(), y, None, (1,), np.float64)
    assert found[0] == pytest.approx(median, abs=0.02)


def test_the_best_constant_of_several_units_is_that_of_each():
    y = random.normal([1.0, -2.0, 5.0], size=(300, 3))
    found = best_constant(lambda a, b, w: ((a - b) ** 4).mean(), y, None, (3,), np.float64)
    alone = [best_constant(lambda a, b, w, at=at: ((y[:, at] - b[:, 0]) ** 4).mean(), y[:, at], None, (1,), np.float64)[0] for at in range(3)]
    np.testing.assert_allclose(found, alone, atol=0.02)


def test_a_linear_model_and_the_recall_of_classes_are_those_of_scikit_learn():
    model = model_of((6,), 3, "softmax", "sparse_categorical_crossentropy")
    data, validation = checked(X[:300], CLASSES[:300]), checked(X[300:], CLASSES[300:])
    output = output_of(CLASSES, "sparse_categorical_crossentropy", 3, "softmax")
    (found,) = compare(model, data, validation, (input_summary("x", X, False),), (output,), None)
    reference = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(X[:300], CLASSES[:300])
    assert found.rows == "validation" and found.samples == 100
    assert found.predictors[LINEAR].mean() == pytest.approx(log_loss(CLASSES[300:], reference.predict_proba(X[300:])), rel=0.02)
    assert found.predictors[CONSTANT].mean() == pytest.approx(log_loss(CLASSES[300:], np.tile(np.bincount(CLASSES[:300]) / 300, (100, 1))), rel=0.02)
    predicted = np.asarray(model(X[:300])).argmax(axis=1)
    counts = np.bincount(CLASSES[:300])
    np.testing.assert_array_equal([each.count for each in found.classes], counts)
    recall = recall_score(CLASSES[:300], predicted, average=None, zero_division=0)
    np.testing.assert_allclose([each.recall for each in found.classes], recall, atol=0.15)  # of 60 samples of each


def test_repeating_the_last_value_and_a_season_ago_have_the_errors_of_scikit_learn():
    data, validation = checked(WINDOWS[:380], NEXT[:380]), checked(WINDOWS[380:], NEXT[380:])
    (found,) = compare(model_of((20, 1)), data, validation, (input_summary("x", WINDOWS, False),), (output_of(NEXT),), None)
    assert found.season == 10
    for name, back in ((LAST, 1), (SEASON, 10)):
        assert found.predictors[name].mean() == pytest.approx(mean_squared_error(NEXT[380:], WINDOWS[380:, -back, 0]), rel=0.02)


@pytest.mark.parametrize("shaped", [WINDOWS[:, :, 0], WINDOWS.transpose(0, 2, 1)], ids=["columns", "one step"])
def test_columns_may_be_the_steps_of_a_series(shaped):
    output = output_of(NEXT)
    (found,) = compare(model_of(shaped.shape[1:]), checked(shaped, NEXT), None, (input_summary("x", shaped, False),), (output,), None)
    assert found.predictors[LAST].mean() == pytest.approx(mean_squared_error(NEXT, shaped.reshape(480, 20)[:, -1]), rel=0.05)  # of all samples


def test_a_target_that_is_its_own_input_is_no_forecast():
    own = WINDOWS[:, -1, 0].copy()
    (found,) = compare(model_of((20, 1)), checked(WINDOWS, own), None, (input_summary("x", WINDOWS, False),), (output_of(own),), None)
    assert LAST not in found.predictors and found.rows == "training"
    (leak,) = check(checked(WINDOWS, own), (output_of(own),)).target_in_input
    assert (leak.column, leak.columns) == (0, 1) and leak.error < 1e-6
    assert check(checked(WINDOWS, NEXT), (output_of(NEXT),)).target_in_input == ()


def test_a_decoder_that_is_given_its_targets_is_asked_and_a_shifted_one_is_not():
    words = random.integers(0, 30, (300, 9))
    whole = check(checked([WINDOWS[:300], words[:, 1:]], words[:, 1:]), ()).target_in_input
    assert [(each.column, each.columns) for each in whole] == [(1, 0)]
    assert check(checked([WINDOWS[:300], words[:, :-1]], words[:, 1:]), ()).target_in_input == ()


@pytest.mark.parametrize(
    ("x", "y"),
    [(X[:, :1], 2 * X[:, 0] - 1), (WINDOWS, WINDOWS), (WINDOWS, WINDOWS[:, 0, 0]), (X, CLASSES), (X, 3 * X[:, 2] + 1)],
    ids=["one number", "autoencoder", "copy of the first step", "classes", "a line"],
)
def test_tasks_whose_answer_is_in_the_input_by_right_are_not_asked(x, y):
    assert check(checked(x, y), (output_of(y),)).target_in_input == ()


def test_equal_inputs_with_targets_at_random_vary_as_much_as_all_targets():
    few = random.integers(0, 3, (500, 2)).astype("float32")
    contradictory = check(checked(few, random.integers(0, 2, 500)), ()).equal_inputs
    sound = check(checked(few, few[:, 0] > 0), ()).equal_inputs
    assert contradictory.share == 1 and contradictory.spread == pytest.approx(1, abs=0.1) and sound.spread == 0
    assert check(checked(X, CLASSES), ()).equal_inputs is None


def test_rows_before_a_sample_of_one_step_are_worth_what_an_autoregression_is():
    """AR(2): its squared correlation with the next value, from the Yule-Walker equations."""
    a, b = 1.6, -0.8
    values = np.zeros(4000)
    for i in range(2, 4000):
        values[i] = a * values[i - 1] + b * values[i - 2] + random.normal()
    first = a / (1 - b)
    found = check(checked(values[:-1, None, None].astype("float32"), values[1:]), ()).time_in_rows
    assert found.alone == pytest.approx(first**2, abs=0.05)
    assert found.before == pytest.approx(a * first + b * (a * first + b), abs=0.05)


def test_validation_data_are_known_as_the_last_rows_with_their_classes_and_duplicates():
    data = checked(X, np.sort(CLASSES))
    found = split(data, data.take(slice(320, None)), (output_of(CLASSES, "sparse_categorical_crossentropy", 3),))
    assert (found.training, found.validation, found.last_rows) == (320, 80, True)
    assert found.missing_classes == (2,) or found.missing_share == 0
    assert check(data, ()).sorted_classes and not check(checked(X, CLASSES), ()).sorted_classes
    assert found.unlike == pytest.approx(1 - (np.sort(CLASSES)[:320] == found.frequent).mean(), abs=0.01) and found.frequent == 2
    twice = checked(np.concatenate([X, X[:100]]), np.concatenate([CLASSES, CLASSES[:100]]))
    assert split(twice, twice.take(slice(400, None)), ()).duplicated == 1.0
    assert split(twice, checked(X[:50] + 1, CLASSES[:50]), ()).duplicated == 0.0


def test_a_large_column_and_cut_off_fractions_are_seen():
    one = X * np.array([1, 1, 5000, 1, 1, 1], "float32")
    found = input_summary("x", one, False)
    assert found.column == 2 and found.column_magnitude == pytest.approx(np.percentile(np.abs(one[:, 2]), 99), rel=1e-4)
    cut = input_summary("x", np.abs(X) % 1, False, embedded=True)
    assert cut.truncated > 0.99 and cut.varies == 0
