"""What every registered task must keep, so that a new one is covered by being registered."""

import json
import pickle

import numpy as np
import pytest

from unvanish.suite.experiment.profile import make_task
from unvanish.tasks import TASKS
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import generator

CASES = [(name, lag) for name in TASKS.names for lag in (TASKS[name].minimum_lag, TASKS[name].default_lag, 23)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def task(request):
    if reason := TASKS[request.param[0]].missing():
        pytest.skip(reason)
    return make_task(*request.param)


def test_sequences_have_the_stated_shapes_and_types(task):
    drawn = task.sample(7, "training", 1)
    assert drawn.inputs.shape == (7, task.length, task.input_size)
    assert drawn.inputs.dtype == np.float32
    outputs = (task.output_size,) if task.kind == "regression" else ()
    assert drawn.targets.shape == (7, len(task.loss_steps), *outputs)
    assert drawn.targets.dtype == (np.int32 if task.kind == "classification" else np.float32)


def test_inputs_that_are_called_one_hot_have_a_single_1_in_each_vector(task):
    """The look-up of a row of the kernel that takes the place of a product would be wrong for any other."""
    inputs = task.sample(50, "training", 1).inputs
    assert not task.one_hot_inputs or (set(np.unique(inputs)) == {0, 1} and (inputs.sum(axis=-1) == 1).all())


def test_every_input_and_output_has_a_name_of_its_own(task):
    assert len(set(task.input_names)) == len(task.input_names) == task.input_size
    assert len(set(task.output_names)) == len(task.output_names) == task.output_size


def test_one_stream_gives_one_draw_and_another_stream_another(task):
    first, again, other = (task.sample(50, "training", 1, block).inputs for block in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_draw_for_training_is_one_from_its_stream(task):
    assert np.array_equal(task.sample(9, "training", 3, 2).inputs, task.draw(generator("training", 3, 2), 9).inputs)


def test_a_set_to_evaluate_on_is_the_same_every_time_and_of_the_size_asked_for_or_all_there_is(task):
    count = task.available("test", 60)
    assert count == 60 or isinstance(task, RecordedTask)
    once, again = (np.concatenate([part.inputs for part in task.evaluation_parts("test", count, count // 2)]) for _ in range(2))
    assert np.array_equal(once, again) and len(once) == count


def test_evaluation_sets_come_from_streams_of_their_own(task):
    sets = [task.sample(40, purpose, 1).inputs for purpose in ("training", "validation", "test", "probe")]
    assert not any(np.array_equal(sets[i], sets[j]) for i in range(4) for j in range(i))


def test_a_lag_below_the_minimum_is_refused(task):
    for lag in (-1, task.minimum_lag - 1):
        with pytest.raises(UsageError, match=f"lag of {task.name} is {lag}.*at least {task.minimum_lag}"):
            make_task(task.name, lag)


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
    assert task.score(0.0, 1.0) == 1
    for loss, metric in ((np.nan, 1.0), (0.0, np.nan), (np.inf, 1.0), (np.nan, np.nan)):
        assert task.score(loss, metric) == 0
    assert not task.solved(np.nan)


def test_parameters_make_an_equal_task_again_also_from_json(task):
    again = make_task(task.name, task.lag, json.loads(json.dumps(task.parameters)))
    assert again == task and hash(again) == hash(task) and pickle.loads(pickle.dumps(task)) == task


def test_words_tell_every_step_and_mark_what_is_scored(task):
    steps = task.describe_steps(task.sample(2, "example"), 1)
    assert len(steps) == task.length
    assert [i for i, step in enumerate(steps) if step.scored] == list(task.scored_steps)
    assert all(step.target for step in steps if step.scored)


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
