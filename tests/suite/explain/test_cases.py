"""The vanishing and the exploding case, and what each cure does to them."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tables import plan_record
from tests.support.twin import RATE, THRESHOLD, WINDOW, one_update, twin
from unvanish.suite import plugins
from unvanish.suite.explain.cases import make_case
from unvanish.suite.explain.cures import apply_cures, cures
from unvanish.suite.explain.explanation import explain
from unvanish.suite.explain.power import ACTIVATIONS, STARTS, remaining_gradient
from unvanish.tasks.registry import Registry

CURES = {cure.name: cure for cure in cures()}
KINDS = ("vanishing", "exploding")
SEEDS = range(6)


def case_of(kind, seed=0, lag=20, hidden=3, rotation=0):
    return make_case(kind, lag, hidden, seed, rotation)


def effects_on(case):
    """The effect of every cure on a case, by name."""
    return dict(zip(CURES, apply_cures(list(CURES.values()), [case], seed=0)[0], strict=True))


def effect(name, kind, seed=0, lag=20):
    return effects_on(case_of(kind, seed, lag))[name]


def sentence(name, kind, seed=0, lag=20):
    return CURES[name].sentence(effect(name, kind, seed, lag))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_is_the_product_of_the_recurrent_weight_and_the_derivative(kind, seed):
    """Closed form: each unit is connected to itself alone, so dE/dh(t) = dE/dh(last) times the product of w (1 - h^2) over the days after t."""
    case = case_of(kind, seed)
    x, actual = case.sequence.x[:, 0], case.sequence.actual[:, 0]
    h = [np.zeros(3)]
    for day in x:
        h.append(np.tanh(case.weights.W_x @ day + case.recurrent_weight * h[-1] + case.weights.b_h))
    h = np.stack(h[1:])
    factors = case.recurrent_weight * (1 - h**2)  # [time, unit]
    at_the_end = -2 * (actual[-1] - case.weights.W_y @ h[-1] - case.weights.b_y) @ case.weights.W_y
    product = np.stack([factors[t + 1 :].prod(axis=0) for t in range(len(h))])
    plain = effects_on(case)["none"]
    np.testing.assert_allclose(plain.norms, np.linalg.norm(at_the_end * product, axis=1), rtol=1e-12)
    day = case.sequence.information_step
    expected = (at_the_end * product[day] * (1 - h[day] ** 2))[case.unit]  # x is 1 on that day
    np.testing.assert_allclose(plain.gradient, expected, rtol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_vanishes_and_the_other_explodes(seed):
    vanishing, exploding = (effect("none", kind, seed) for kind in KINDS)
    assert vanishing.carried < 1e-5 and vanishing.size == "too small"
    assert exploding.carried > 10 and exploding.size == "too large"


@pytest.mark.parametrize("kind", KINDS)
def test_the_weight_acts_on_the_day_of_the_last_exercise_only_and_is_the_one_with_the_largest_gradient(kind):
    case = case_of(kind)
    acts = case.sequence.x[:, 0, case.exercise]
    assert acts.sum() == acts[case.sequence.information_step] == 1
    gradients = twin(case.weights, case.sequence.x, case.sequence.actual, np.eye(case.sequence.length)[-1]).gradients
    assert np.abs(gradients.W_x[:, case.exercise]).max() == pytest.approx(abs(gradients.W_x[case.unit, case.exercise]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CURES)
@pytest.mark.parametrize("seed", [3])
def test_the_table_of_each_cure_is_what_keras_computes(kind, name, seed):
    case = case_of(kind, seed)
    mine = effects_on(case)[name]
    for column, expected in one_update(name, case).items():
        # Keras stores the rate in single precision: an exploding step is then off in its eighth digit, and so is what follows from it.
        assert getattr(mine, column) == pytest.approx(expected, rel=2e-5, abs=1e-13), column


@pytest.mark.parametrize("seed", SEEDS)
def test_clipping_never_brings_back_what_has_vanished_and_bounds_what_exploded(seed):
    for kind in KINDS:
        clipped = effect("gradient_clipping", kind, seed)
        assert clipped.gradient == clipped.plain.gradient and abs(clipped.change) <= abs(clipped.plain.change)
        assert abs(clipped.change) <= RATE * THRESHOLD
    assert sentence("gradient_clipping", "vanishing", seed).startswith("Does not help")


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_leaves_exactly_nothing_of_what_is_further_back_than_its_window(kind):
    cut = effect("truncated_bptt", kind)
    assert cut.gradient == cut.change == 0 and cut.size == "zero"
    np.testing.assert_array_equal(cut.norms > 0, np.arange(len(cut.norms)) >= len(cut.norms) - WINDOW)
    assert "exactly nothing arrives" in sentence("truncated_bptt", kind)


def test_rmsprop_rescales_the_step_and_leaves_the_gradient_as_it_was():
    rescaled = effect("rmsprop", "vanishing")
    assert rescaled.gradient == rescaled.plain.gradient and rescaled.unchanged_network
    assert rescaled.change / rescaled.plain.change == pytest.approx(1e-7**-0.5, rel=1e-3)  # the gradient is far below the root of epsilon
    assert abs(effect("rmsprop", "exploding").change) == pytest.approx(RATE / 0.1**0.5, rel=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_relu_brings_back_what_the_derivative_of_tanh_took_and_does_not_stop_an_explosion(seed):
    assert effect("relu", "vanishing", seed).carried == pytest.approx(0.9**20)
    assert sentence("relu", "exploding", seed).startswith("Does not help")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cell_of_an_lstm_carries_more_where_it_vanished_and_less_where_it_exploded(seed):
    vanishing, exploding = (effect("lstm", kind, seed) for kind in KINDS)
    assert vanishing.carried > 1000 * vanishing.plain.carried and exploding.carried < exploding.plain.carried / 5


def test_a_gap_too_short_to_vanish_is_called_that_and_nothing_is_credited_to_a_cure():
    effects = effects_on(case_of("vanishing", lag=10))
    assert effects["none"].size == "usable" and "too short" in CURES["none"].sentence(effects["none"])
    for name in set(CURES) - {"none"}:
        assert CURES[name].sentence(effects[name]).startswith("Nothing to cure")


def test_a_gradient_too_small_for_any_rescaling_is_said_to_stay_so():
    for name in ("rmsprop", "lstm"):
        assert effect(name, "vanishing", lag=60).size == "too small"
        assert sentence(name, "vanishing", lag=60).startswith("Does not help enough")


def test_the_error_over_the_weight_is_flat_where_it_vanished_and_a_cliff_where_it_exploded():
    values = np.linspace(-0.05, 0.05, 41)
    flat, cliff = (case_of(kind).errors(values) for kind in KINDS)
    assert np.ptp(flat) < 1e-4 < 0.1 < np.ptp(cliff)
    case = case_of("exploding")
    plain = effects_on(case)["none"]
    assert case.errors(np.array([case.weight, plain.new_weight])) == pytest.approx([plain.error, plain.error_after])


PLUGIN = """
from unvanish.plugins import KerasCode, Mitigation

class HalfStep(Mitigation):
    name, title, detail = "half_step", "half steps", "half of the rate"
    summary = "each step is half as long"
    against, reference = "exploding", "made up 2026"
    source_rows, claim = "S99", "Against exploding: half steps."

    def keras_code(self, model):
        return KerasCode(optimizer="SGD({rate} / 2)")

    def explain(self, effect):
        return f"Halves the step to {effect.change:.2g}."

    @staticmethod
    def learning_rate(rate, context, params):
        return rate / 2

MITIGATION = HalfStep
"""


def test_a_mitigation_in_one_file_of_ones_own_is_explained_claimed_and_advised_with_its_code(tmp_path, monkeypatch):
    from unvanish.reports.pages.explanation import render
    from unvanish.reports.tables.claims import source_claims
    from unvanish.suite.experiment.plan import planned_task
    from unvanish.suite.experiment.profile import make_task
    from unvanish.suite.export.keras_code import keras_code

    monkeypatch.setattr(Registry, "plugins", [])
    (tmp_path / "half_step.py").write_text(PLUGIN)
    plugins.add(tmp_path / "half_step.py")
    explanation = explain()
    for study in explanation.studies:
        rows = {cure.name: (effect, sentence) for cure, effect, sentence in study.rows}
        half, said = rows["half_step"]
        assert half.change == pytest.approx(half.plain.change / 2) and said == f"Halves the step to {half.change:.2g}."
    page = render(explanation)
    assert page.count("half steps") >= 5 and "half of the rate" in page and "made up 2026" in page
    assert ("S99", "Against exploding: half steps.") in [(claim.row, claim.says) for claim in source_claims()]
    plan = plan_record([planned_task(make_task("first_symbol", 5))])
    code = keras_code(plan, {"task": "first_symbol", "lag": 5, "model": "rnn", "mitigation": "half_step", "hidden_size": 6}, 0.5)
    assert "optimizer=keras.optimizers.SGD(0.5 / 2)" in code


@pytest.mark.parametrize("days", [1, 20, 60])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_product_of_one_unit_is_the_derivative_of_its_last_state(activation, days):
    function = getattr(tf.nn, activation)
    for w in (0.5, 1.0, 1.5):
        for start in STARTS:
            first = tf.constant(start, tf.float64)
            with tf.GradientTape() as tape:
                tape.watch(first)
                h = first
                for _ in range(days):
                    h = function(w * h)
            assert remaining_gradient(w, start, activation, days) == pytest.approx(float(tape.gradient(h, first)), rel=1e-9)
