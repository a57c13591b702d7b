"""Baselines, scores and words of every registered task; the rest of the contract is in tests/suite/contracts."""

import numpy as np
import pytest

from unvanish.suite.experiment.profile import make_task
from unvanish.tasks import METRICS, TASKS
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import generator

CASES = [(name, lag) for name in TASKS.names for lag in (TASKS[name].minimum_lag, TASKS[name].default_lag, 23)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def task(request):
    if reason := TASKS[request.param[0]].not_installed():
        pytest.skip(reason)
    return make_task(*request.param)


def test_a_draw_for_training_is_one_from_its_stream(task):
    assert np.array_equal(task.sample(9, "training", 3, 2).inputs, task.draw(generator("training", 3, 2), 9).inputs)


def test_the_baselines_are_those_of_the_best_constant_distribution_at_each_loss_step(task):
    """Without memory the best is to say, at each step, how often each target occurs there; taken from 20,000 sequences."""
    if isinstance(task, RecordedTask):
        pytest.skip("measured, see test_recorded.py")
    targets = task.draw(generator("test", 5), 20_000).targets
    if task.kind == "regression":
        assert targets.var(axis=0).mean() == pytest.approx(task.baseline_loss, rel=0.03)
        return
    shares = np.stack([np.bincount(step, minlength=task.output_size) for step in targets.T]) / len(targets)
    entropy = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    assert entropy.mean() == pytest.approx(task.baseline_loss, rel=0.01)
    assert shares[-len(task.scored_steps) :].max(axis=1).mean() == pytest.approx(task.baseline_metric, abs=0.015)


def test_a_score_is_0_at_the_baseline_1_when_perfect_and_0_for_what_is_not_a_number(task):
    assert task.score(task.baseline_loss, task.baseline_metric) == pytest.approx(0)
    assert task.score(0.0, METRICS[task.metric].perfect) == 1
    for loss, metric in ((np.nan, 1.0), (0.0, np.nan), (np.inf, 1.0), (np.nan, np.nan)):
        assert task.score(loss, metric) == 0
    assert not task.solved(np.nan)


def test_names_of_inputs_and_outputs_say_what_a_sequence_says_in_words():
    """A sequence read by the names alone is the one that `show` prints."""
    schedule = make_task("exercise_schedule", 2)
    drawn = schedule.draw(generator("example", 3), 1)
    for step, words in zip(drawn.inputs[0], schedule.describe_steps(drawn, 0), strict=True):
        named = {name.split()[0]: name.split()[1] for name, value in zip(schedule.input_names, step, strict=True) if value}
        assert f"yesterday: {named.get('yesterday', 'nothing')} " in words.input
        assert f"today: {named['weekday']} in {named['month']}, feels {named['health']}" in words.input
    assert schedule.output_names[drawn.targets[0, 0]] == schedule.describe_steps(drawn, 0)[-1].target
    order = make_task("temporal_order", 12)
    drawn = order.draw(generator("example", 3), 1)
    symbols = [order.input_names[i].split()[1] for i in drawn.inputs[0].argmax(-1)]
    assert symbols == [words.input for words in order.describe_steps(drawn, 0)]
    assert order.output_names[drawn.targets[0, 0]] == ", then ".join(symbol for symbol in symbols if symbol in "AB")
