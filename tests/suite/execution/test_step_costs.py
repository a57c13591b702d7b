"""What a training step of a mitigation costs: which conditions are timed, how two actions are compared, and that the figures follow the work."""

from dataclasses import replace
from time import process_time

import numpy as np
import pytest

from unvanish.suite import plugins
from unvanish.suite.execution.paired_times import MAX_PAIRS, MIN_PAIRS, PairedTimes, time_pairs
from unvanish.suite.execution.step_costs import cohorts_to_time, time_steps
from unvanish.suite.experiment.plan import load_plan, select
from unvanish.suite.mitigations import find
from unvanish.tasks.registry import Registry


class Clock:
    """A clock that actions move on, on a machine that becomes slower with each of them."""

    def __init__(self, drift=1.0):
        self.now, self.speed, self.drift, self.order = 0.0, 1.0, drift, []

    def __call__(self):
        return self.now

    def action(self, name, seconds):
        def act():
            self.order.append(name)
            self.now += seconds * self.speed
            self.speed *= self.drift

        return act


def test_an_action_that_takes_twice_as_long_has_a_ratio_of_two():
    clock = Clock()
    times = time_pairs(clock.action("plain", 0.01), clock.action("changed", 0.02), clock)
    assert times.ratio_quartiles() == pytest.approx((2, 2, 2))
    assert MIN_PAIRS <= len(times.plain) <= MAX_PAIRS


def test_a_machine_that_becomes_slower_does_not_move_the_ratio():
    """The first of a pair is in turn the one and the other, so that what drifts cancels in the median; single durations grow 14-fold."""
    clock = Clock(drift=1.1)
    times = time_pairs(clock.action("plain", 0.01), clock.action("changed", 0.02), clock)
    low, median, high = times.ratio_quartiles()
    assert low * (1 + 1e-9) >= 2 / 1.1 and low <= median <= high and high <= 2 * 1.1 * (1 + 1e-9)
    assert times.plain[-1] > 3 * times.plain[0]
    pairs = [tuple(clock.order[place : place + 2]) for place in range(2, len(clock.order), 2)]
    assert pairs[:4] == [("plain", "changed"), ("changed", "plain")] * 2


def test_the_calls_that_compile_do_not_count():
    clock, waits = Clock(), iter([5.0])

    def first_call_is_slow():
        clock.now += next(waits, 0.01)

    times = time_pairs(first_call_is_slow, clock.action("changed", 0.01), clock)
    assert times.plain == pytest.approx([0.01] * len(times.plain))


def test_slow_actions_are_timed_as_often_as_quartiles_need_and_quick_ones_more_often():
    slow, quick = Clock(), Clock()
    assert len(time_pairs(slow.action("plain", 10), slow.action("changed", 10), slow).plain) == MIN_PAIRS
    assert len(time_pairs(quick.action("plain", 1e-4), quick.action("changed", 1e-4), quick).plain) == MAX_PAIRS


def test_the_quartiles_are_those_of_the_ratios_of_pairs():
    plain, changed = (1.0, 2.0, 4.0, 8.0, 16.0), (1.0, 3.0, 4.0, 16.0, 64.0)
    assert PairedTimes(plain, changed).ratio_quartiles() == (1, 1.5, 2)  # of 1, 1.5, 1, 2, 4


def test_each_network_is_timed_on_the_first_task_at_its_longest_lag_without_controls():
    plan = load_plan("quick")
    cohorts = cohorts_to_time(plan, ())
    assert [cohort.label for cohort in cohorts] == ["first_symbol lag 25 rnn", "first_symbol lag 25 lstm", "first_symbol lag 25 gru"]
    for cohort in cohorts:
        assert [condition.mitigation for condition in cohort.conditions] == [name for name in plan.profile.mitigations if name != "frozen"]


def test_what_was_timed_is_not_timed_again():
    plan = load_plan("quick")
    known = {condition.fingerprint for cohort in cohorts_to_time(plan, ()) for condition in cohort.conditions}
    assert cohorts_to_time(plan, known) == []
    one = next(condition for condition in plan.conditions if condition.fingerprint in known)
    ((left,),) = [cohort.conditions for cohort in cohorts_to_time(plan, known - {one.fingerprint})]
    assert left == one


def test_a_benchmark_of_seconds_is_not_made_longer():
    assert cohorts_to_time(load_plan("smoke"), ()) == []
    assert cohorts_to_time(select(load_plan("quick"), "task=first_symbol,lag=5,model=rnn"), ()) == []


COSTLY = """
from unvanish.plugins import Mitigation


class Costly(Mitigation):
    name = "costly"
    summary = "the gradient waits for products of matrices, which take far longer than the step of a small network"
    against = "both"
    reference = "-"

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        matrix = tf.ones([gradient.shape[0], 300, 300]) * gradient[:, :1, None]
        product = tf.matmul(tf.matmul(matrix, matrix), matrix)
        return gradient + 1e-9 * tf.reduce_sum(product, axis=[1, 2])[:, None], tf.zeros(gradient.shape[:1], tf.bool), slots


MITIGATION = Costly
"""
FAILING = COSTLY.replace("costly", "failing").replace("Costly", "Failing").replace("import tensorflow as tf", "raise ValueError('this one fails')")


@pytest.fixture
def network(tmp_path):
    """A small network without a mitigation, with one whose step is costly, and with one that raises."""
    for name, text in (("costly", COSTLY), ("failing", FAILING)):
        (tmp_path / f"{name}.py").write_text(text)
        plugins.add(tmp_path / f"{name}.py")
    (cohort,) = select(load_plan("smoke"), "task=first_symbol,model=rnn,mitigation=none").cohorts
    (plain,) = cohort.conditions
    yield replace(cohort, conditions=tuple(replace(plain, mitigations=find(name)) for name in ("none", "costly", "failing")))
    Registry.plugins.clear()


def test_what_a_mitigation_computes_is_in_its_cost_and_one_that_fails_costs_its_own_figures_alone(network):
    none, costly, failing = time_steps(network, process_time)
    assert failing.milliseconds is None and failing.pairs == 0 and "this one fails" in failing.failure
    assert none.pairs >= MIN_PAIRS and not none.failure and 0.2 < none.ratio < 5
    assert costly.ratio > 5 * none.ratio and costly.milliseconds > 5 * none.milliseconds
    for cost in (none, costly):
        assert cost.ratio_low <= cost.ratio <= cost.ratio_high and np.isfinite(cost.milliseconds)
