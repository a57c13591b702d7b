"""The tiny network is trained at once, is right after missed days, and is not without its state."""

import numpy as np
import pytest

from tests.support.twin import twin
from unvanish.suite.explain.explanation import explain
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.explain.worked_example import work_example
from unvanish.tasks.errors import UsageError


@pytest.mark.parametrize("hidden", [2, 3, 4])
@pytest.mark.parametrize("lag", [1, 2, 6])
def test_the_network_is_right_on_the_missed_day_example_and_is_not_without_its_state(lag, hidden):
    worked = work_example(lag, hidden, seed=0)
    example = worked.example
    assert not example.x[-1].any()  # on the last day nothing comes in
    by_keras = twin(worked.weights, example.x, example.actual, np.eye(example.length)[-1])
    due = example.actual[:, 0].argmax(axis=1)
    np.testing.assert_array_equal(by_keras.y[:, 0].argmax(axis=1), due)  # every day
    last_day_alone = twin(worked.weights, example.x[-1:], example.actual[-1:], np.ones(1))  # h(t-1) = 0
    assert last_day_alone.y[-1, 0].argmax() != due[-1]


def test_all_rotations_are_answered_and_without_the_state_one_only():
    worked = work_example(2, 3, seed=0)
    np.testing.assert_array_equal(worked.answers, worked.due)
    assert len(set(worked.answers_without_state)) == 1
    assert (worked.answers_without_state == worked.due).sum() == 1
    assert sorted(worked.due) == list(range(len(ROTATION)))


def test_the_sum_of_input_state_and_bias_is_what_tanh_is_taken_of():
    worked = work_example(2, 3, seed=0)
    np.testing.assert_allclose(np.tanh(worked.from_input + worked.from_state + worked.weights.b_h), worked.h)


def test_weights_have_two_decimals():
    for weight in work_example(2, 4, seed=1).weights:
        np.testing.assert_array_equal(weight, weight.round(2))


def test_a_seed_gives_the_same_network_and_another_seed_another():
    first, again, other = (work_example(2, 3, seed).weights for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.W_x, other.W_x)


def test_a_network_that_does_not_learn_is_said_to(monkeypatch):
    monkeypatch.setattr("unvanish.suite.explain.worked_example.UPDATES", 20)
    with pytest.raises(UsageError, match="has not learned to bridge 2 missed days in 20 updates; try another --seed"):
        work_example(2, 3, seed=0)


@pytest.mark.parametrize(
    ("sizes", "sentence"), [({"lag": 0}, "--lag is 0"), ({"long_lag": 61}, "--long-lag is 61"), ({"hidden": 5}, "between 2 and 4"), ({"seed": -1}, "--seed")]
)
def test_sizes_outside_the_limits_are_refused(sizes, sentence):
    with pytest.raises(UsageError, match=sentence):
        explain(**sizes)
