"""Each rule fires on a record with its fault and on no healthy one; most do not fire where the model learns all the same."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from tests.support.comparisons import comparison
from tests.support.records import layers_with, record
from tests.support.regimes import FAULTS
from unvanish.suite.debugger.diagnosis import judge
from unvanish.suite.diagnosis.data_facts import DataFacts, EqualInputs, Split, TargetInInput, TimeInRows
from unvanish.suite.diagnosis.keras_training import Lookup
from unvanish.suite.diagnosis.nonfinite_origin import NonFiniteOrigin
from unvanish.suite.diagnosis.rules import RULES
from unvanish.suite.diagnosis.rules.dead import DEAD_SHARE
from unvanish.suite.diagnosis.rules.exploded import MAX_GROWTH, MAX_RELATIVE_CHANGE
from unvanish.suite.diagnosis.rules.rate_too_high import MAX_UPDATE_RATIO
from unvanish.suite.diagnosis.rules.rate_too_low import MIN_DISTANCE
from unvanish.suite.diagnosis.rules.saturated import SATURATED_SHARE
from unvanish.suite.diagnosis.rules.truncated import first_step_with_gradient
from unvanish.suite.diagnosis.rules.weak import WEAK
from unvanish.suite.diagnosis.simple_predictors import LAST, LINEAR, ClassScore

SHORT = 0.005  # of the norm of the recurrent weights, in a few steps
BASELINE = 0.0  # score of a model that is no better than a constant
FALLING, GROWING = np.geomspace(WEAK / 100, 1, 20), np.geomspace(MAX_GROWTH * 100, 1, 20)
CUT = np.r_[np.zeros(8), np.full(12, 0.1)]
CHAIN = {"rnn": 0.5, "hidden": 0.5}
REGRESSION = {"loss": "mean_squared_error", "activation": "linear"}
HUGE = REGRESSION | {"target_mean": 1e6, "target_deviation": 1e5, "target_low": 5e5, "target_high": 2e6}
RARE = (ClassScore(0, 950, 1.0, 0.9), ClassScore(1, 50, 0.0, 0.8))
GATED = {  # not reported where the model learns
    "rate_too_high": {"update": 2 * MAX_UPDATE_RATIO},
    "exploded": {"state_gradient": {"rnn": GROWING}},
    "vanished": {"state_gradient": {"rnn": FALLING}},
    "truncated": {"state_gradient": {"rnn": CUT}},
    "dead": {"unit_share": {"rnn": {}, "hidden": {"dead": DEAD_SHARE}, "dense": {}}},
    "saturated": {"unit_share": {"rnn": {"saturated": SATURATED_SHARE}, "hidden": {}, "dense": {}}},
    "rate_too_low": {"update": MIN_DISTANCE / 200},
    "frozen": {"layers": layers_with("rnn", trainable=False)},
    "half_precision": {"layers": layers_with("rnn", half=True)},
    "input_scale": {"given": {"magnitude": 50.0}},
    "target_scale": {"output": HUGE, "comparisons": (comparison(predicted_mean=3.0, predicted_deviation=0.5),)},
    "contradictory_targets": {"data": DataFacts(500, equal_inputs=EqualInputs(0.9, 1.0))},
    "no_signal": {},
    "not_finite_operation": {"origin": NonFiniteOrigin("operation", "the loss", "backward", 0, (3,), 1.0)},
}
ALWAYS = {
    "not_finite_weights": {"origin": NonFiniteOrigin("weights", "layer embedding", "", 0)},
    "index_out_of_range": {"lookups": (Lookup("embedding", 10, 0, 10),)},
    "not_finite_data": {"given": {"finite": False}},
    "wrong_output": {"output": {"activation": "linear", "low": -2.0}},
    "symmetric": {"layers": layers_with("hidden", symmetric=True)},
    "constant_target": {"output": {"target_low": 1.0, "target_high": 1.0, "target_deviation": 0.0}},
    "frozen": {"layer_gradient": CHAIN | {"rnn": 0.0}, "layers": layers_with("rnn", cell="", kind="Dense")},
    "input_scale": {"given": {"magnitude": 5000.0}},
    "wrong_loss": {"output": {"loss": "mean_absolute_percentage_error", "activation": "linear", "zero_share": 0.3}},
    "uninformative_input": {"given": {"shape": (5,), "varies": 0.0}},
    "no_time_axis": {"given": {"shape": (1, 2)}, "data": DataFacts(500, time_in_rows=TimeInRows(0.3, 0.9))},
    "sorted_rows": {"data": DataFacts(500, split=Split(400, 100, True, (4,), 1.0, 0.0, 0.0))},
    "duplicated_samples": {"data": DataFacts(500, split=Split(400, 100, True, (), 0.0, 0.0, 0.6))},
    "class_never_predicted": {"comparisons": (comparison(accuracy=0.95, majority=0.95, classes=RARE),)},
    "no_better_than_simple": {"comparisons": (comparison(0.3, **{LAST: 0.2}),)},
}
ASKED = {"target_in_input"}  # of a model that is very good


def causes(made):
    return [finding.cause for finding in judge(made).findings]


def test_a_healthy_training_gets_no_alarm():
    assert judge(record()).healthy


@pytest.mark.parametrize("cause", GATED)
def test_a_fault_is_named_where_the_model_does_not_learn_and_only_there(cause):
    assert causes(record(BASELINE, **GATED[cause]))[0] == cause
    assert causes(record(0.5, **GATED[cause])) == []


@pytest.mark.parametrize("cause", ALWAYS)
def test_what_is_wrong_whatever_the_model_learns_is_always_named(cause):
    assert causes(record(0.5, **ALWAYS[cause])) == [cause]


def test_every_rule_is_tested_and_comes_in_causal_order():
    assert {rule.name for rule in RULES if rule.keras} == {*GATED, *ALWAYS, *ASKED, *FAULTS}
    both = {"update": 1.0, "unit_share": GATED["dead"]["unit_share"], "state_gradient": {"rnn": FALLING}}
    assert causes(record(BASELINE, **both)) == ["rate_too_high", "dead", "vanished"]


def with_changes(score, *changes, **others):
    """Of the recurrent weights, every 4 steps."""
    return record(score, recurrent_changes=changes, **others)


def test_a_spike_that_moves_the_recurrent_weights_far_is_exploded_and_comes_before_what_is_seen_afterwards():
    spike = [SHORT] * 8 + [2 * MAX_RELATIVE_CHANGE] + [SHORT] * 8
    (finding,) = judge(with_changes(BASELINE, *spike)).findings
    assert finding.cause == "exploded" and finding.step == 4 * 9 and "40%" in finding.why
    assert causes(with_changes(BASELINE, *spike, state_gradient={"rnn": FALLING})) == ["exploded", "vanished"]
    assert causes(with_changes(0.5, *spike)) == []


@pytest.mark.parametrize(
    "ratios",
    [
        [SHORT] * 20,
        [0.9 * MAX_RELATIVE_CHANGE] * 20,
        [2 * MAX_RELATIVE_CHANGE] * 20,
        [2 * MAX_RELATIVE_CHANGE] + [SHORT] * 20,
        [SHORT] * 8 + [0.9 * MAX_RELATIVE_CHANGE] * 8,
        [MAX_RELATIVE_CHANGE / 5] * 8 + [1.5 * MAX_RELATIVE_CHANGE],
    ],
    ids=["short", "long but even", "too long from the start", "long at the start", "not far", "no more than seven times the usual"],
)
def test_steps_that_are_long_from_the_start_or_go_not_far_are_no_spike(ratios):
    assert "exploded" not in causes(with_changes(BASELINE, *ratios))


def test_a_loss_that_is_not_finite_is_diverged():
    diagnosis = judge(record(np.nan, losses=[0.7, 2.0, np.nan, np.nan], update=3.0))
    assert diagnosis.outcome.word == "diverged" and "since step 3" in diagnosis.outcome.sentence and diagnosis.findings[0].cause == "rate_too_high"


DIVERGED = {"losses": [0.7, np.nan]}


@pytest.mark.parametrize("kind", ["operation", "half_precision", "growth", "unknown"])
def test_a_training_that_diverged_has_a_finding_and_says_first_where_it_began(kind):
    origin = NonFiniteOrigin(kind, "" if kind in ("growth", "unknown") else "the loss", "backward", 1, (), 1e9, "all samples were gone through")
    diagnosis = judge(record(np.nan, origin=origin, **DIVERGED))
    assert diagnosis.findings[0].cause == ("half_precision" if kind == "half_precision" else "not_finite_operation")
    assert origin.sentence in str(diagnosis).splitlines()[0]
    assert judge(record(np.nan, **DIVERGED)).findings


def test_nobody_is_told_to_clip_where_an_operation_is_not_finite():
    found = judge(record(np.nan, clipping=("clipnorm", 1.0), gradient_norms=(np.nan,) * 4, **GATED["not_finite_operation"], **DIVERGED))
    assert [finding.cause for finding in found.findings] == ["not_finite_operation"] and "cannot help" in found.clipping.sentence


def test_the_length_of_a_step_that_is_no_number_is_not_called_too_long():
    assert "rate_too_high" not in causes(record(np.nan, losses=[0.7, np.nan], update=np.nan))


def test_validation_that_is_never_better_than_a_constant_is_reported():
    assert causes(record(0.9, validation=[0.9, 1.2])) == ["no_signal"] and causes(record(0.9, validation=[0.9, 0.4])) == []


@pytest.mark.parametrize(
    "output",
    [
        {"from_logits": True},
        {"activation": "softmax"},
        {"activation": "softmax", "size": 3, "shape": (3,), "target_shape": (3,)},
        {"activation": "linear", "low": -1.0},
        {"target_low": -1.0},
        {"loss": "sparse_categorical_crossentropy", "activation": "softmax", "size": 3, "shape": (3,), "target_shape": (), "target_high": 3.0},
        {"loss": "categorical_crossentropy", "activation": "sigmoid", "size": 3, "shape": (3,), "target_shape": (3,)},
        {"loss": "mean_squared_error", "activation": "softmax", "size": 3, "shape": (3,), "target_shape": (3,), "one_hot": True},
        {"loss": "mean_squared_error", "activation": "relu", "target_low": -2.0},
        {"loss": "mean_squared_error", "activation": "tanh", "target_high": 8.0},
        {"loss": "mean_squared_error", "activation": "linear", "size": 3, "shape": (3,), "target_shape": (1,)},
        {"loss": "mean_squared_error", "activation": "linear", "size": 3, "shape": (3,), "target_shape": ()},
        {"loss": "categorical_crossentropy", "activation": "softmax", "size": 3, "shape": (3,), "target_shape": (3,), "labels": (0, 2)},
        {"loss": "categorical_crossentropy", "activation": "sigmoid"},
        REGRESSION | {"values": ((0, 50), (1, 60), (2, 40)), "target_high": 2.0, "accuracy": True},
    ],
)
def test_an_output_that_does_not_fit_its_loss_is_named(output):
    assert causes(record(output=output)) == ["wrong_output"]


@pytest.mark.parametrize(
    "output",
    [
        {"from_logits": True, "activation": "linear", "low": -3.0},
        {"target_shape": ()},
        {"loss": "sparse_categorical_crossentropy", "activation": "softmax", "size": 3, "shape": (3,), "target_shape": (1,), "target_high": 2.0},
        {"loss": "sparse_categorical_crossentropy", "activation": "", "size": 3, "shape": (9, 3), "target_shape": (9,), "target_high": 2.0},
        {"loss": "categorical_crossentropy", "activation": "softmax", "size": 3, "shape": (3,), "target_shape": (3,), "one_hot": True},
        {"loss": "mean_squared_error", "activation": "sigmoid"},
        {"loss": "mean_squared_error", "activation": "linear", "target_low": -9.0, "target_high": 9.0},
        {"loss": "mean_squared_error", "activation": "relu", "target_high": 100.0},
        {"loss": "poisson", "activation": "exponential", "high": 3.0},
        {"loss": "", "activation": "linear", "low": -2.0},
        REGRESSION | {"values": ((0, 300), (1, 100), (2, 40)), "target_high": 2.0},
        {"size": 3, "shape": (3,), "target_shape": (3,), "labels": (0, 3)},
    ],
)
def test_an_output_that_fits_its_loss_is_not(output):
    assert causes(record(output=output)) == []


def test_a_small_gain_over_many_samples_counts_as_learning_and_one_by_chance_does_not():
    """Noisy labels leave little to gain: the t-test tells it from nothing."""
    certain, chance = record(0.05), record(0.05)
    alternating = np.tile([0.3, -0.3], 8)  # [chunk], of mean 0
    chance = dataclasses.replace(chance, end=dataclasses.replace(chance.end, loss=chance.end.loss + alternating))
    assert judge(certain).outcome.word == "learning" and judge(chance).outcome.word == "baseline"


def test_a_gradient_that_falls_through_the_smallest_numbers_is_not_cut():
    falling = np.r_[np.zeros(8), np.geomspace(1e-45, 1, 12)]
    assert first_step_with_gradient(CUT) == 8
    assert all(first_step_with_gradient(norms) == 0 for norms in (falling, np.full(20, 0.1), np.zeros(20)))


def test_rules_and_records_need_no_tensorflow():
    loaded = "sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules))"
    code = f"import sys; from unvanish.suite.diagnosis.rules import RULES; RULES.names; import unvanish.suite.debugger.diagnosis; print({loaded})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ({"loss": "sparse_categorical_crossentropy", "activation": "softmax", "size": 5, "shape": (5,), "target_low": 1.0, "target_high": 5.0}, "y = y - 1"),
        ({"activation": "softmax", "values": tuple((number, 60) for number in range(10)), "target_high": 9.0}, 'Dense(10, activation="softmax")'),
        ({"activation": "softmax", "target_low": 3.0, "target_high": 90.5}, 'Dense(1)  # loss="mse"'),
        ({"activation": "softmax", "values": ((0, 60), (1, 60))}, 'Dense(1, activation="sigmoid")'),
        ({"target_low": 3.0, "target_high": 90.5}, 'Dense(1)  # loss="mse"'),
        ({"values": ((-1, 50), (1, 50)), "target_low": -1.0}, "y = (y + 1) / 2"),
        (
            {"loss": "categorical_crossentropy", "activation": "softmax", "size": 4, "shape": (4,), "target_shape": (4,), "labels": (0, 3)},
            'Dense(4, activation="sigmoid")',
        ),
    ],
)
def test_the_advice_for_an_output_is_the_code_that_fits_its_targets(output, advice):
    (finding,) = judge(record(output=output)).findings
    assert advice in finding.snippet


def test_a_target_in_its_own_input_is_asked_for_only_where_the_model_is_very_good():
    facts = DataFacts(500, target_in_input=(TargetInInput("answer", 2, 4, 0.0),))
    assert causes(record(0.99, data=facts)) == ["target_in_input"] and causes(record(0.5, data=facts)) == []


def test_a_simple_predictor_must_be_better_by_more_than_chance_and_a_linear_model_by_much():
    loud = np.tile([0.9, -0.9], 8)
    assert causes(record(0.5, comparisons=(comparison(0.3, noise=loud, **{LAST: 0.2}),))) == []
    assert causes(record(0.5, comparisons=(comparison(0.2, **{LAST: 0.3, LINEAR: 0.1}),))) == []
    assert causes(record(0.5, comparisons=(comparison(0.9, **{LINEAR: 0.1}),))) == ["no_better_than_simple"]


def test_what_a_linear_model_learns_and_the_network_does_not_is_said_instead_of_no_signal():
    assert causes(record(BASELINE, comparisons=(comparison(1.0, **{LINEAR: 0.4}),))) == ["no_better_than_simple"]
    assert causes(record(BASELINE, comparisons=(comparison(1.0, **{LINEAR: 0.95}),))) == ["no_signal"]


def test_a_rare_class_is_not_missed_while_the_loss_still_falls():
    compared = (comparison(accuracy=0.95, majority=0.95, classes=RARE),)
    assert causes(record(0.5, comparisons=compared, losses=np.geomspace(1, 0.1, 100))) == []


def test_sorted_rows_are_no_fault_where_batches_are_shuffled():
    """Against batches whose loss depends on their place in the epoch, of 10 steps."""
    facts, random = DataFacts(500, sorted_classes=True), np.random.default_rng(0)
    even, by_place = 0.5 + 0.05 * random.normal(size=100), np.tile(np.linspace(0.2, 0.8, 10), 10) + 0.05 * random.normal(size=100)
    assert "sorted_rows" in causes(record(BASELINE, data=facts, losses=by_place)) and "sorted_rows" not in causes(record(BASELINE, data=facts, losses=even))


def test_a_rule_that_fails_is_said_and_costs_its_own_findings_alone(monkeypatch):
    monkeypatch.setattr("unvanish.suite.diagnosis.rules.dead.until_the_end", lambda holds: 1 / 0)
    diagnosis = judge(record(BASELINE, update=2 * MAX_UPDATE_RATIO))
    assert diagnosis.causes[0].cause == "rate_too_high"
    assert any("The rule dead could not be asked: division by zero" in sentence for sentence in diagnosis.record.not_measured)


def test_nothing_found_says_no_more_than_was_measured():
    assert judge(record()).record.not_measured == () and judge(record()).nothing_found == "Nothing wrong was found."
    part = judge(dataclasses.replace(record(), not_measured=("The gradients could not be measured: no reason.",)))
    assert "Nothing wrong was found in what could be measured." in str(part)
