"""The sequences of the explanation follow the rules of the task that the benchmark trains on."""

import numpy as np
import pytest

from unvanish.suite.explain.schedule import BEFORE_THE_GAP, ROTATION, schedule
from unvanish.tasks.exercise_schedule import EXERCISES, HISTORY_DAYS, ExerciseSchedule
from unvanish.tasks.seeding import generator


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_they_are_sequences_of_the_task(lag):
    task = ExerciseSchedule(lag, exercises=len(ROTATION))
    drawn = task.draw(generator("example", 0), 2000)
    yesterday = drawn.inputs[..., task.feature_groups["yesterday"]]
    days = HISTORY_DAYS - 1 - (BEFORE_THE_GAP - 1)  # the day of the task that is day 0 here
    last_days = yesterday[:, days:]
    nothing_missed = last_days[:, : BEFORE_THE_GAP + 1].any(axis=2).all(axis=1)
    found = {(last_days[i].tobytes(), int(drawn.targets[i, -1])) for i in np.flatnonzero(nothing_missed)}
    ours = schedule(lag)
    assert ours.length == last_days.shape[1] and ours.length - 1 - ours.information_step == task.information_distance
    expected = {(ours.x[:, s].astype(np.float32).tobytes(), int(ours.actual[-1, s].argmax())) for s in range(len(ROTATION))}
    assert found == expected
    assert EXERCISES[: len(ROTATION)] == ROTATION


def test_the_rotation_waits_while_days_are_missed():
    data = schedule(3)
    done = data.x[data.information_step].argmax(axis=1)
    assert not data.x[data.information_step + 1 :].any()
    assert data.attended.tolist() == [True, True, False, False, False, True]
    for t in range(data.information_step, data.length):
        np.testing.assert_array_equal(data.actual[t].argmax(axis=1), (done + 1) % len(ROTATION))


def test_one_rotation_is_the_sequence_that_it_is_among_all():
    data = schedule(2)
    for rotation in range(len(ROTATION)):
        np.testing.assert_array_equal(data.only(rotation).x[:, 0], data.x[:, rotation])
        np.testing.assert_array_equal(data.only(rotation).actual[:, 0], data.actual[:, rotation])
