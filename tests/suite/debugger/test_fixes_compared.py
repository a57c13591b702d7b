"""The comparison of a program with and without changes: what helps is said to help, and nothing is where there is nothing to learn."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.support.slow import slow_but
from unvanish.keras import Diagnose
from unvanish.suite.debugger import trying
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.data_summary import output_summaries
from unvanish.suite.debugger.layer_calls import recorded_calls
from unvanish.suite.debugger.trying import start_of, try_fixes
from unvanish.suite.diagnosis.tried_fixes import MIN_DIFFERENCE, Scores, mean_difference, verdict
from unvanish.tasks.errors import UsageError

L = keras.layers


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(trying, "STEPS", 80)
    monkeypatch.setattr(trying, "MIN_STEPS", 80)


def tried(model, x, y, *causes, time_limit=300.0, **options):
    """What came of the fixes for some causes."""
    data = checked(x, y)
    with tf.GradientTape() as tape, recorded_calls(model, tape) as calls:
        predictions = model(data.x[:16], training=False)
    return try_fixes(start_of(model, data, 32), output_summaries(model, data.y, predictions, calls), causes, time_limit, **options)


def network(*output, width=4, optimizer="adam", loss="mse", rate=None, hidden="tanh"):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((width,)), L.Dense(16, activation=hidden), *output])
    model.compile(optimizer if rate is None else keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate}}), loss)
    return model


def blobs(classes, first=0, count=240):
    draw = np.random.default_rng(3)
    labels = draw.integers(classes, size=count)
    centres = 2 * draw.normal(size=(classes, 4))
    return (centres[labels] + draw.normal(size=(count, 4))).astype("float32"), labels + first


def regression(offset=0.0, factor=1.0, count=240):
    x = np.random.default_rng(4).normal(size=(count, 4)).astype("float32")
    return x, (offset + factor * (x[:, 0] - x[:, 1] * 0.5)).astype("float32")


def scores(held_out, training=None):
    held_out = np.asarray(held_out, float)
    return Scores(np.arange(2), np.zeros((len(held_out), 2)), held_out, held_out if training is None else np.asarray(training, float), np.array([]))


def test_the_standard_error_is_that_of_the_seeds_and_that_of_the_rows_together():
    draw = np.random.default_rng(0)
    seeds, rows = draw.normal(size=(4, 1)), draw.normal(size=(1, 30))
    assert mean_difference(np.repeat(seeds, 30, axis=1)).standard_error == pytest.approx(stats.sem(seeds[:, 0]))
    assert mean_difference(np.repeat(rows, 4, axis=0)).standard_error == pytest.approx(stats.sem(rows[0]))
    both = mean_difference(seeds + rows)
    assert both.standard_error == pytest.approx(np.hypot(stats.sem(seeds[:, 0]), stats.sem(rows[0])))
    assert both.mean == pytest.approx((seeds + rows).mean())


def test_noise_is_seldom_above_two_standard_errors():
    """Of differences of mean zero whose seeds and rows both vary, at most the share that a t distribution with two degrees of freedom allows."""
    draw = np.random.default_rng(1)
    drawn = [mean_difference(draw.normal(size=(3, 1)) + draw.normal(size=(3, 60))) for _ in range(2000)]
    above = np.mean([each.mean > 2 * each.standard_error for each in drawn])
    assert above < stats.t.sf(2, df=2) + 0.02


def test_verdicts_say_what_the_errors_say():
    rows = np.linspace(0.9, 1.1, 50)
    before = scores([rows, rows, rows])
    assert verdict(before, scores([0.5 * rows] * 3))[0] == "helped"
    assert verdict(before, scores([rows] * 3))[0] == "did_not_help"
    assert verdict(before, scores([rows - MIN_DIFFERENCE / 2] * 3))[0] == "did_not_help"
    assert verdict(scores([3 * rows] * 3), scores([1.1 * rows] * 3))[0] == "not_enough"
    assert verdict(before, scores([1.5 * rows] * 3, training=[0.2 * rows] * 3))[0] == "overfits"
    assert verdict(before, scores([1.5 * rows] * 3))[0] == "did_not_help"
    lucky = scores([0.2 * rows, 1.3 * rows, 1.3 * rows])
    assert verdict(before, lucky)[0] == "did_not_help"


def softmax_of_one_unit():
    x, y = blobs(2)
    return network(L.Dense(1, activation="softmax"), optimizer="adam", rate=0.02, loss="binary_crossentropy"), x, y


def rate_of_fifty():
    x, y = blobs(4)
    return network(L.Dense(4, activation="softmax"), optimizer="sgd", rate=50.0, loss="sparse_categorical_crossentropy"), x, y


FAULTY = {
    "target_scale": (lambda: (network(L.Dense(1), optimizer="adam", rate=0.02), *regression(5e6, 1e6)), "standardise_targets"),
    "input_scale": (lambda: (network(L.Dense(1), optimizer="adam", rate=0.02), 1e3 * regression()[0], regression()[1]), "standardise_inputs"),
    "wrong_output": (softmax_of_one_unit, "fit_output"),
    "rate_too_high": (rate_of_fifty, "lower_rate"),
    "rate_too_low": (lambda: (network(L.Dense(1), optimizer="adam", rate=1e-6), *regression()), "higher_rate"),
}


@pytest.mark.parametrize("cause", slow_but(["target_scale"], FAULTY))
def test_the_known_cure_of_a_known_fault_helps(cause):
    build, fix = FAULTY[cause]
    model, x, y = build()
    found = tried(model, x, y, cause)
    assert fix in [each.fix for each in found.helped], found.lines()
    cure = next(each for each in found.fixes if each.fix == fix)
    assert cure.skill > 0.3 and cure.skill > found.unchanged.skill + 0.3 and cure.code


def test_a_program_that_cannot_be_trained_is_compared_too():
    x, labels = blobs(4, first=1)
    found = tried(network(L.Dense(4, activation="softmax"), rate=0.02, loss="sparse_categorical_crossentropy"), x, labels, "wrong_output")
    assert found.unchanged is None and "outside the valid range" in found.unchanged_reason
    (cure,) = found.helped
    assert cure.change == "4 units with softmax and sparse_categorical_crossentropy, labels numbered from 0" and cure.skill > 0.3


def test_what_does_not_help_is_said_and_so_is_what_there_is_no_time_for(monkeypatch):
    model, x, y = rate_of_fifty()
    told = []
    found = tried(model, x, y, "symmetric", progress=lambda *each: told.append(each))
    assert [fix.verdict for fix in found.fixes] == ["did_not_help"] and "tried, did not help" in "\n".join(found.lines())
    assert [each[:2] for each in told] == [(0, 2), (1, 2)]
    late = tried(model, x, y, "rate_too_high", time_limit=0.01)
    assert "takes longer than the time limit" in late.summary


def test_a_change_that_fits_noise_better_does_not_help():
    draw = np.random.default_rng(5)
    x, y = draw.normal(size=(160, 4)).astype("float32"), draw.normal(size=160).astype("float32")
    found = tried(network(L.Dense(1), optimizer="adam", rate=1e-5), x, y, "rate_too_low")
    assert not found.helped
    assert all(fix.scores is not None for fix in found.fixes)


@pytest.mark.parametrize(("causes", "said"), [((), "nothing wrong was found"), (("sorted_rows",), "no change to try for sorted rows")])
def test_where_nothing_is_tried_it_says_why(causes, said):
    found = tried(network(L.Dense(1)), *regression(), *causes)
    assert said in found.summary and found.lines() == [found.summary]


def test_too_few_samples_are_said():
    x, y = regression(count=20)
    assert "20 samples, too few" in tried(network(L.Dense(1)), x, y, "rate_too_low").summary


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.norm, self.drop, self.out = L.Dense(units, activation="tanh"), L.BatchNormalization(), L.Dropout(0.1), L.Dense(1)

    def call(self, inputs, training=None):
        return self.out(self.drop(self.norm(self.hidden(inputs), training=training), training=training))


def test_a_subclassed_model_is_tried_by_a_copy_of_its_computation():
    keras.utils.set_random_seed(1)
    model = Subclassed(16)
    model.compile(keras.optimizers.Adam(1e-5), "mse")
    x, y = regression()
    model(x[:2])
    before = [np.asarray(variable.value) for variable in model.variables]
    found = tried(model, x, y, "rate_too_low", "symmetric")
    assert "higher_rate" in [fix.fix for fix in found.helped], found.lines()
    assert "cannot be replaced" in next(fix.reason for fix in found.fixes if fix.fix == "initial_weights")
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other.value))


def random_state():
    """What a user would draw next, and the name of the next layer."""
    return [random.random(), np.random.rand(), np.asarray(keras.random.normal((3,))), tf.random.normal((2,)).numpy(), L.Dense(1).name]  # noqa: NPY002


def test_a_training_is_the_same_to_the_bit_with_and_without():
    x, y = blobs(2)
    ended = []
    for options in ({}, {"try_fixes": True, "time_limit": 200}):
        keras.utils.clear_session()
        keras.utils.set_random_seed(6)
        random.seed(6)
        equal = L.Dense(8, activation="tanh", kernel_initializer="ones")  # the finding: symmetric
        output = L.Dense(1, activation="sigmoid")
        model = network(equal, L.Dropout(0.2), L.BatchNormalization(), output, optimizer="sgd", rate=0.1, loss="binary_crossentropy")
        watch = Diagnose(x, y, max_overhead=None, mlflow=False, **options)
        history = model.fit(x, y, epochs=2, verbose=0, callbacks=[watch])
        again = model.fit(x, y, epochs=1, verbose=0)
        variables = [np.asarray(each.value) for each in (*model.variables, *model.optimizer.variables)]
        ended.append([*variables, *(np.array(each.history["loss"]) for each in (history, again)), *random_state()])
    assert [fix.fix for fix in watch.diagnosis.tried.fixes] == ["initial_weights"] and watch.diagnosis.tried.fixes[0].scores
    assert "The advice, tried:" in str(watch.diagnosis)
    for one, other in zip(*ended, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_time_limit_below_zero_is_refused():
    with pytest.raises(UsageError, match="time_limit is -1"):
        Diagnose(*regression(), try_fixes=True, time_limit=-1)


@pytest.mark.slow
def test_a_recurrent_network_that_forgets_is_cured_by_a_gated_cell_or_adam(monkeypatch):
    monkeypatch.setattr(trying, "STEPS", 300)
    draw = np.random.default_rng(0)
    x = 0.3 * draw.normal(size=(600, 25, 1)).astype("float32")
    x[:, 0, 0] = draw.choice([-1, 1], 600)
    keras.utils.set_random_seed(1)
    start = keras.initializers.RandomNormal(stddev=0.1)
    model = keras.Sequential([keras.Input((25, 1)), L.SimpleRNN(16, recurrent_initializer=start), L.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    found = tried(model, x, (x[:, 0, 0] > 0).astype("float32"), "vanished", time_limit=600)
    assert found.helped or found.together.verdict == "helped", found.lines()


@pytest.mark.slow
def test_targets_that_are_noise_are_helped_by_next_to_nothing():
    """Over a dozen data sets and every change that their causes propose, at most one in fifty is said to help."""
    causes = ("no_signal", "rate_too_high", "rate_too_low", "input_scale", "target_scale", "dead", "class_never_predicted", "over_regularised")
    verdicts = []
    for seed in range(12):
        draw = np.random.default_rng(seed)
        x = draw.normal(size=([80, 160, 320][seed % 3], 4)).astype("float32") * [1, 30][seed % 2]
        if seed % 4 < 2:
            y, output, loss = draw.integers(3, size=len(x)), L.Dense(3, activation="softmax"), "sparse_categorical_crossentropy"
        else:
            y, output, loss = (10 + 3 * draw.standard_exponential(len(x))).astype("float32"), L.Dense(1), "mse"
        model = network(output, optimizer="sgd", rate=[0.01, 1.0, 1e-5][seed % 3], loss=loss, hidden="relu")
        found = tried(model, x, y, *causes)
        verdicts += [fix.verdict for fix in (*found.fixes, *([found.together] if found.together else [])) if fix.scores]
    assert len(verdicts) > 60 and verdicts.count("helped") <= len(verdicts) / 50, (len(verdicts), verdicts.count("helped"))


class OwnStep(keras.Model):
    """A training step and a compile of its own, as models of a user's may have."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.cast(y, "float32")[:, None] - self(x, training=True)) ** 2)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables, strict=True))
        return {"loss": loss}


def test_a_training_step_of_the_users_own_is_the_one_that_is_tried():
    keras.utils.set_random_seed(1)
    given = keras.Input((4,))
    model = OwnStep(given, L.Dense(1)(L.Dense(8, activation="tanh")(given)))
    model.compile(optimizer=keras.optimizers.Adam(1e-5))
    found = tried(model, *regression(), "rate_too_low")
    assert [fix.fix for fix in found.helped] == ["higher_rate"], found.lines()


def test_several_inputs_and_outputs_are_judged_together():
    keras.utils.set_random_seed(1)
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    both = L.Concatenate()([first, second])
    model = keras.Model([first, second], [L.Dense(1, name="number")(both), L.Dense(2, activation="softmax", name="kind")(both)])
    model.compile(keras.optimizers.Adam(1e-5), {"number": "mse", "kind": "sparse_categorical_crossentropy"}, loss_weights={"number": 1.0, "kind": 2.0})
    x, y = regression()
    found = tried(model, [x, x**2], [y, (x[:, 2] > 0).astype("int32")], "rate_too_low", "wrong_output")
    assert [fix.fix for fix in found.helped] == ["higher_rate"], found.lines()
    assert found.measure == "absolute error and log loss"
    assert "more than one output" in next(fix.reason for fix in found.fixes if fix.fix == "fit_output")


def test_an_error_in_the_trying_is_a_sentence(monkeypatch):
    monkeypatch.setattr(trying, "judge_of", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in tried(network(L.Dense(1)), *regression(), "rate_too_low").summary
