"""Changes of a program: copies are true, and each fix makes the change that it says."""

import keras
import numpy as np
import pytest
from sklearn import metrics

from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.fixes import FIXES
from unvanish.suite.debugger.judging import Reading, judge_of
from unvanish.suite.debugger.program import NotPossible, Program
from unvanish.suite.debugger.rebuild import behind, changed_layers, copy_of, layers
from unvanish.suite.debugger.twin import Twin
from unvanish.suite.diagnosis.rules import RULES

L = keras.layers


def program(model, x, y, loss="mse", reading=None, optimizer=None, weight=None):
    """A program whose first three quarters of rows are for training."""
    data = checked(x, y, weight)
    rows = np.arange(data.samples)
    cut = 3 * data.samples // 4
    readings = (reading or Reading("number"),)
    return Program(model, optimizer or keras.optimizers.SGD(0.1), loss, None, data, rows[:cut], rows[cut:], readings, batch_size=8, steps=4)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def sequential(*layers):
    model = keras.Sequential(list(layers))
    assert model.built
    return model


def only_change(fix, made):
    """The program that the first change of a fix makes."""
    return FIXES[fix].propose(made)[0].apply(made)


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.out = L.Dense(units, activation="tanh"), L.Dense(1)

    def call(self, inputs):
        return self.out(self.hidden(inputs))


class OwnStep(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


def functional(kind=keras.Model):
    given = keras.Input((6, 2))
    hidden = L.Bidirectional(L.SimpleRNN(3, return_sequences=True))(given)
    hidden = keras.Sequential([keras.Input((6, 6)), L.GRU(4)])(hidden)
    return kind(given, L.Dense(1)(hidden))


def masked():
    return sequential(keras.Input((6, 2)), L.Masking(0.0), L.LSTM(3), L.Dense(1))


@pytest.mark.parametrize("build", [functional, lambda: functional(OwnStep), masked, lambda: Subclassed(5)])
def test_a_copy_gives_the_same_predictions_and_shares_no_weight(build):
    model, x = build(), numbers(5, 6, 2)
    before = np.asarray(model(x))
    copy = copy_of(copy_of(model, x), x)
    assert type(copy).__name__ == type(model).__name__ or isinstance(copy, Twin)
    np.testing.assert_array_equal(np.asarray(copy(x)), before)
    for weight in copy.weights:
        weight.assign(weight + 1)
    np.testing.assert_array_equal(np.asarray(model(x)), before)


def test_a_mask_can_be_put_on_and_taken_off_also_where_it_is_part_of_the_graph():
    x = numbers(5, 6, 2)
    x[:, 3:] = 0
    with_mask = masked()
    graph = keras.Model(with_mask.inputs, with_mask.outputs)  # Keras writes the mask into it
    for model in (with_mask, graph):
        without = only_change("remove_mask", program(model, x, numbers(5))).model
        short = np.asarray(model(x[:, :3])) if model is with_mask else np.asarray(with_mask(x[:, :3]))
        np.testing.assert_allclose(np.asarray(model(x)), short, atol=1e-6)
        assert np.abs(np.asarray(without(x)) - short).max() > 1e-4
        again = behind(without, L.Masking(0.0))
        np.testing.assert_allclose(np.asarray(again(x)), short, atol=1e-6)


def test_padding_is_masked_where_sequences_end_with_a_constant():
    x = numbers(40, 6, 2)
    x[::2, 4:] = -1.0
    model = sequential(keras.Input((6, 2)), L.LSTM(3), L.Dense(1))
    changed = only_change("mask_padding", program(model, x, numbers(40))).model
    np.testing.assert_allclose(np.asarray(changed(x[::2])), np.asarray(model(x[::2, :4])), atol=1e-6)
    assert not FIXES["mask_padding"].propose(program(model, numbers(40, 6, 2), numbers(40)))
    ids = np.random.default_rng(0).integers(1, 9, (40, 6))
    ids[::2, 3:] = 0
    embedded = sequential(keras.Input((6,)), L.Embedding(9, 4), L.GRU(3), L.Dense(1))
    changed = only_change("mask_padding", program(embedded, ids, numbers(40))).model
    np.testing.assert_allclose(np.asarray(changed(ids[::2])), np.asarray(embedded(ids[::2, :3])), atol=1e-6)


def test_replaced_layers_are_replaced_in_wrappers_and_inner_models_and_others_keep_their_weights():
    model = functional()
    changed = only_change("gated_cell", program(model, numbers(40, 6, 2), numbers(40))).model
    kinds = [type(layer).__name__ for layer in layers(changed)]
    assert "LSTM" in kinds and "SimpleRNN" not in kinds and "GRU" in kinds
    np.testing.assert_array_equal(changed.layers[-1].get_weights()[0], model.layers[-1].get_weights()[0])
    np.testing.assert_array_equal(changed.layers[-2].get_weights()[0], model.layers[-2].get_weights()[0])


def test_layers_of_a_subclassed_model_cannot_be_replaced_and_its_optimizer_can():
    model = Subclassed(units=3)
    model(numbers(2, 4))
    made = program(model, 50 * numbers(40, 4), numbers(40))
    with pytest.raises(NotPossible, match="subclassed"):
        changed_layers(model, lambda layer: layer)
    assert only_change("adam", made).model is model
    assert abs(only_change("standardise_inputs", made).inputs[0][made.training].std() - 1) < 1e-3


def test_initial_weights_are_drawn_anew():
    start = keras.initializers.Constant(3.0)
    model = sequential(keras.Input((6, 2)), L.SimpleRNN(4, recurrent_initializer=start, kernel_initializer=start), L.Dense(1))
    cell = only_change("initial_weights", program(model, numbers(40, 6, 2), numbers(40))).model.layers[0].cell
    kernel = np.asarray(cell.recurrent_kernel.value)
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(4), atol=1e-5)
    assert np.ptp(np.asarray(cell.kernel.value)) > 0


def test_settings_of_layers_and_optimizers():
    dense = L.Dense(4, activation="relu", kernel_regularizer="l2")
    model = sequential(keras.Input((3,)), dense, L.Dropout(0.9), L.BatchNormalization(momentum=0.999), L.Dense(1, trainable=False))
    made = program(model, numbers(40, 3), numbers(40), optimizer=keras.optimizers.Adam(1e-3, clipvalue=1e-9, epsilon=1.0))
    weaker = only_change("weaker_regularisation", made).model
    assert weaker.layers[0].kernel_regularizer is None and weaker.layers[1].rate == 0.2
    np.testing.assert_array_equal(weaker.layers[0].get_weights()[0], model.layers[0].get_weights()[0])
    assert only_change("batch_norm_momentum", made).model.layers[2].momentum == 0.9
    assert only_change("leaky_relu", made).model.layers[0].activation.__name__ == "leaky_relu"
    assert only_change("trainable", made).model.layers[3].trainable
    assert only_change("default_epsilon", made).optimizer.epsilon == 1e-7
    assert only_change("no_clipping", made).optimizer.clipvalue is None and not FIXES["clip_gradient"].propose(made)
    assert [round(float(change.apply(made).optimizer.learning_rate), 8) for change in FIXES["lower_rate"].propose(made)] == [1e-4, 1e-5, 1e-6]
    assert only_change("dropout", made).model(numbers(2, 3)).shape == (2, 1)
    half = sequential(keras.Input((3,)), L.Dense(1, dtype="float16"))
    assert only_change("float32", program(half, numbers(40, 3), numbers(40))).model.layers[0].compute_dtype == "float32"


def test_a_schedule_that_ends_early_is_a_constant_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 1, 0.1)
    made = program(sequential(keras.Input((3,)), L.Dense(1)), numbers(40, 3), numbers(40), optimizer=keras.optimizers.Adam(schedule))
    assert float(only_change("constant_rate", made).optimizer.learning_rate) == pytest.approx(0.01)


def test_single_steps_become_windows_of_the_rows_before():
    series = np.arange(60, dtype="float32").reshape(60, 1, 1)
    model = sequential(keras.Input((1, 1)), L.LSTM(2), L.Dense(1))
    made = only_change("longer_window", program(model, series, numbers(60)))
    np.testing.assert_array_equal(made.inputs[0][30, :, 0], np.arange(11, 31))
    assert made.model.input_shape == (None, 20, 1)
    np.testing.assert_array_equal(made.model.layers[0].get_weights()[1], model.layers[0].get_weights()[1])


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "reading", "form"),
    [
        (5, "softmax", "sparse_categorical_crossentropy", np.tile(np.arange(1, 6), 8), Reading("classes", labels=np.arange(5)), (5, "softmax", 0, 4)),
        (1, "softmax", "binary_crossentropy", np.tile([0, 1], 20), Reading("binary", labels=np.arange(2)), (1, "sigmoid", 0, 1)),
        (1, "sigmoid", "binary_crossentropy", np.tile(np.arange(4), 10), Reading("binary", labels=np.arange(2)), (4, "softmax", 0, 3)),
        (3, "linear", "categorical_crossentropy", np.eye(3)[np.arange(40) % 3], Reading("classes", labels=np.arange(3)), (3, "softmax", 0, 1)),
        (3, "softmax", "categorical_crossentropy", np.tile([[1, 1, 0], [0, 1, 0]], (20, 1)), Reading("classes", labels=np.arange(3)), (3, "sigmoid", 0, 1)),
        (1, "sigmoid", "binary_crossentropy", numbers(40), Reading("binary", labels=np.arange(2)), (1, "linear", None, None)),
    ],
)
def test_the_last_layer_and_the_loss_are_made_to_fit_the_targets(units, activation, loss, y, reading, form):
    model = sequential(keras.Input((3,)), L.Dense(4), L.Dense(units), L.Activation(activation))
    made = program(model, numbers(40, 3), y, loss, reading)
    changed = only_change("fit_output", made)
    size, named, low, high = form
    assert changed.model.output_shape[-1] == size and changed.model.layers[-2].activation.__name__ == named
    if low is not None:
        assert (changed.targets[0].min(), changed.targets[0].max()) == (low, high)
    changed.model.compile("sgd", changed.loss)
    assert np.isfinite(changed.model.evaluate(changed.data.x, changed.data.y, verbose=0))


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "reading"),
    [
        (3, "softmax", "sparse_categorical_crossentropy", np.arange(40) % 3, Reading("classes", labels=np.arange(3))),
        (3, "linear", keras.losses.SparseCategoricalCrossentropy(from_logits=True), np.arange(40) % 3, Reading("classes", True, np.arange(3))),
        (1, "sigmoid", "binary_crossentropy", np.arange(40) % 2, Reading("binary", labels=np.arange(2))),
        (2, "softmax", "sparse_categorical_crossentropy", np.arange(40) % 2, Reading("classes", labels=np.arange(2))),
        (1, "linear", "mse", numbers(40), Reading("number")),
    ],
)
def test_a_last_layer_that_fits_is_left_alone(units, activation, loss, y, reading):
    model = sequential(keras.Input((3,)), L.Dense(units, activation=activation))
    assert not FIXES["fit_output"].propose(program(model, numbers(40, 3), y, loss, reading))


def test_targets_that_are_standardised_are_judged_in_their_own_unit():
    """A model that puts out standardised targets exactly has no error, and one that puts out 0 has that of their mean."""
    y = (5e6 + 1e6 * numbers(40)).astype("float64")
    model = sequential(keras.Input((3,)), L.Dense(1))
    made = program(model, numbers(40, 3), y)
    judge = judge_of(made.data, made.readings, made.training, made.held_out)
    changed = only_change("standardise_targets", made)
    rows = made.held_out
    assert judge.relative_errors(changed, changed.targets[0][rows, None], rows).mean() < 1e-5
    error = np.abs(y[rows] - y[made.training].mean()).mean() / np.abs(y[rows] - np.median(y[made.training])).mean()
    assert judge.relative_errors(changed, np.zeros((len(rows), 1)), rows).mean() == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("logits", [False, True])
def test_classes_are_judged_as_scikit_learn_judges_them(logits):
    random = np.random.default_rng(1)
    y = np.tile([1, 2, 3, 3], 25)
    model = sequential(keras.Input((3,)), L.Dense(3, activation="softmax"))
    made = program(model, numbers(100, 3), y, "sparse_categorical_crossentropy", Reading("classes", logits, np.array([1, 2, 3])))
    judge = judge_of(made.data, made.readings, made.training, made.held_out)
    rows, chance = made.held_out, random.dirichlet(np.ones(3), 25)
    output = np.log(chance) + 2 if logits else chance
    simple = metrics.log_loss(y[rows], np.tile([0.25, 0.25, 0.5], (25, 1)), labels=[1, 2, 3])
    truth = judge.truths[0]
    assert truth.simple_error == pytest.approx(metrics.log_loss(y[rows], np.tile(frequencies(y[made.training]), (25, 1)), labels=[1, 2, 3]))
    assert simple == pytest.approx(truth.simple_error, rel=0.05)
    found = judge.relative_errors(made, output, rows).mean() * truth.simple_error
    assert found == pytest.approx(metrics.log_loss(y[rows], chance, labels=[1, 2, 3]))
    balanced = 1 - judge.balanced_errors(made, output, rows).mean()
    assert balanced == pytest.approx(metrics.balanced_accuracy_score(y[rows], 1 + chance.argmax(axis=1), adjusted=True))


def frequencies(y):
    return np.bincount(y)[1:] / len(y)


def test_a_forecast_is_compared_with_the_last_value_where_that_is_better():
    walk = np.cumsum(numbers(120))
    x = np.stack([walk[start : start + 10] for start in range(100)])[..., None]
    made = program(sequential(keras.Input((10, 1)), L.Flatten(), L.Dense(1)), x, walk[10:110])
    truth = judge_of(made.data, made.readings, made.training, made.held_out).truths[0]
    assert truth.simple == "the last value of the input"
    assert truth.simple_error == pytest.approx(np.abs(np.diff(walk))[9 + made.held_out].mean(), rel=1e-5)


def test_errors_of_weighted_samples_count_by_their_weight():
    y = numbers(40)
    weight = np.tile([0.0, 2.0], 20).astype("float32")
    made = program(sequential(keras.Input((3,)), L.Dense(1)), numbers(40, 3), y, weight=weight)
    judge, rows = judge_of(made.data, made.readings, made.training, made.held_out), made.held_out
    wrong_where_it_does_not_count = y[rows] + np.where(weight[rows] == 0, 5.0, 0.0)
    assert judge.relative_errors(made, wrong_where_it_does_not_count[:, None], rows).mean() == pytest.approx(0, abs=1e-6)


def test_every_cause_that_a_fix_is_for_is_a_rule_or_on_the_list():
    """The vocabulary of causes; a misspelled one would never propose anything."""
    listed = {
        "not_finite_weights not_finite_operation index_out_of_range wrong_loss target_scale no_time_axis masked_data unmasked_padding mask_lost",
        "train_eval_mismatch over_regularised optimizer_setting half_precision too_short overfitting class_never_predicted no_better_than_simple",
    }
    known = {rule.name for rule in RULES} | {name for names in listed for name in names.split()}
    assert {cause for fix in FIXES for cause in fix.causes} <= known
