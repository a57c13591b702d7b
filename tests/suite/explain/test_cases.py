"""The vanishing and the exploding case, and what each cure does to them."""

import numpy as np
import pytest

from tests.support.twin import one_update, twin
from unvanish.suite.explain.cases import case
from unvanish.suite.explain.cures import CURES, NONE, RATE, THRESHOLD, WINDOW, apply
from unvanish.suite.explain.power import STARTS, linear, through_tanh
from unvanish.suite.explain.recurrence import forward
from unvanish.suite.explain.verdicts import verdict

CURE = {cure.name: cure for cure in CURES}
KINDS = ("vanishing", "exploding")
SEEDS = range(6)


def made(kind, seed=0, lag=20, hidden=3, rotation=0):
    return case(kind, lag, hidden, seed, rotation)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_is_the_product_of_the_recurrent_weight_and_the_derivative(kind, seed):
    """Closed form: each unit is connected to itself alone, so dE/dh(t) = dE/dh(last) times the product of w (1 - h^2) over the days after t."""
    each = made(kind, seed)
    h, y = forward(each.weights, each.sequence.x)
    factors = each.recurrent_weight * (1 - h[:, 0] ** 2)  # [time, unit]
    at_the_end = -2 * (each.sequence.actual[-1, 0] - y[-1, 0]) @ each.weights.W_y
    product = np.stack([factors[t + 1 :].prod(axis=0) for t in range(len(h))])
    outcome = apply(NONE, each)
    np.testing.assert_allclose(outcome.norms, np.linalg.norm(at_the_end * product, axis=1), rtol=1e-12)
    day = each.sequence.information_step
    expected = (at_the_end * product[day] * (1 - h[day, 0] ** 2))[each.unit]  # x is 1 on that day
    np.testing.assert_allclose(outcome.gradient, expected, rtol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_vanishes_and_the_other_explodes(seed):
    vanishing, exploding = (apply(NONE, made(kind, seed)) for kind in KINDS)
    day = made("vanishing").sequence.information_step
    assert vanishing.norms[day] / vanishing.norms[-1] < 1e-5 and vanishing.size == "too small"
    assert exploding.norms[day] / exploding.norms[-1] > 10 and exploding.size == "too large"


@pytest.mark.parametrize("kind", KINDS)
def test_the_weight_acts_on_the_day_of_the_last_exercise_only_and_is_the_one_with_the_largest_gradient(kind):
    each = made(kind)
    acts = each.sequence.x[:, 0, each.exercise]
    assert acts.sum() == acts[each.sequence.information_step] == 1
    gradients = twin(each.weights, each.sequence.x, each.sequence.actual, each.sequence.last_day).gradients
    assert np.abs(gradients.W_x[:, each.exercise]).max() == pytest.approx(abs(gradients.W_x[each.unit, each.exercise]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CURE)
@pytest.mark.parametrize("seed", [3])
def test_the_table_of_each_cure_is_what_keras_computes(kind, name, seed):
    each = made(kind, seed)
    outcome = apply(CURE[name], each)
    for column, expected in one_update(name, each).items():
        # Keras stores the rate in single precision: an exploding step is then off in its eighth digit, and so is what follows from it.
        assert getattr(outcome, column) == pytest.approx(expected, rel=2e-5, abs=1e-13), column


@pytest.mark.parametrize("seed", SEEDS)
def test_clipping_never_brings_back_what_has_vanished_and_bounds_what_exploded(seed):
    for kind in KINDS:
        plain, clipped = apply(NONE, made(kind, seed)), apply(CURE["gradient_clipping"], made(kind, seed))
        assert clipped.gradient == plain.gradient and abs(clipped.change) <= abs(plain.change)
        assert abs(clipped.change) <= RATE * THRESHOLD
    assert verdict(*vanishing("gradient_clipping", seed)).startswith("Does not help")


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_leaves_exactly_nothing_of_what_is_further_back_than_its_window(kind):
    each = made(kind)
    outcome = apply(CURE["truncated_bptt"], each)
    assert outcome.gradient == outcome.change == 0 and outcome.size == "zero"
    np.testing.assert_array_equal(outcome.norms > 0, np.arange(len(outcome.norms)) >= len(outcome.norms) - WINDOW)
    assert "exactly nothing arrives" in verdict(outcome, apply(NONE, each), each)


def test_rmsprop_rescales_the_step_and_leaves_the_gradient_as_it_was():
    outcome, plain, _ = vanishing("rmsprop")
    assert outcome.gradient == plain.gradient
    assert outcome.change / plain.change == pytest.approx(1e-7**-0.5, rel=1e-3)  # the gradient is far below the root of epsilon
    huge = apply(CURE["rmsprop"], made("exploding"))
    assert abs(huge.change) == pytest.approx(RATE / 0.1**0.5, rel=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_relu_brings_back_what_the_derivative_of_tanh_took_and_does_not_stop_an_explosion(seed):
    outcome, _, each = vanishing("relu", seed)
    day = each.sequence.information_step
    assert outcome.norms[day] / outcome.norms[-1] == pytest.approx(0.9**20)
    explosion = made("exploding", seed)
    sentence = verdict(apply(CURE["relu"], explosion), apply(NONE, explosion), explosion)
    assert sentence.startswith("Does not help")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cell_of_an_lstm_carries_more_where_it_vanished_and_less_where_it_exploded(seed):
    for kind, more in zip(KINDS, (True, False), strict=True):
        each = made(kind, seed)
        carried, plain = (outcome.norms[2] / outcome.norms[-1] for outcome in (apply(CURE["lstm"], each), apply(NONE, each)))
        assert (carried > 1000 * plain) if more else (carried < plain / 5)


def test_a_gap_too_short_to_vanish_is_called_that_and_nothing_is_credited_to_a_cure():
    each = made("vanishing", lag=10)
    plain = apply(NONE, each)
    assert plain.size == "usable" and "too short" in verdict(plain, plain, each)
    for cure in CURES[1:]:
        assert verdict(apply(cure, each), plain, each).startswith("Nothing to cure")


def test_a_gradient_too_small_for_any_rescaling_is_said_to_stay_so():
    each = made("vanishing", lag=60)
    plain = apply(NONE, each)
    for name in ("rmsprop", "lstm"):
        outcome = apply(CURE[name], each)
        assert outcome.size == "too small"
        assert verdict(outcome, plain, each).startswith("Does not help enough")


def test_the_error_over_the_weight_is_flat_where_it_vanished_and_a_cliff_where_it_exploded():
    values = np.linspace(-0.05, 0.05, 41)
    flat, cliff = (made(kind).errors(values) for kind in KINDS)
    assert np.ptp(flat) < 1e-4 < 0.1 < np.ptp(cliff)
    each = made("exploding")
    assert each.errors(np.array([each.weight]))[0] == pytest.approx(apply(NONE, each).error)
    outcome = apply(NONE, each)
    assert each.errors(np.array([outcome.new_weight]))[0] == pytest.approx(outcome.error_after)


@pytest.mark.parametrize("w", [0.5, 1.0, 1.5])
def test_the_product_of_one_unit_is_the_derivative_of_its_last_state(w):
    def last_state(h):
        for _ in range(20):
            h = np.tanh(w * h)
        return h

    np.testing.assert_allclose(linear(w)[20], w**20)
    for start in STARTS:
        numerical = (last_state(start + 1e-6) - last_state(start - 1e-6)) / 2e-6
        assert through_tanh(w, start)[20] == pytest.approx(numerical, rel=1e-3)
        assert through_tanh(w, start)[0] == 1


def vanishing(name, seed=0):
    each = made("vanishing", seed)
    return apply(CURE[name], each), apply(NONE, each), each
