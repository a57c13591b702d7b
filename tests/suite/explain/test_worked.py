"""The tiny network is trained at once, is right after missed days, and is not without its state."""

import numpy as np
import pytest

from tests.support.twin import twin
from unvanish.suite.explain import explain
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.explain.worked import worked
from unvanish.tasks.errors import UsageError


@pytest.mark.parametrize("hidden", [2, 3, 4])
@pytest.mark.parametrize("lag", [1, 2, 6])
def test_the_network_is_right_on_the_missed_day_example_and_is_not_without_its_state(lag, hidden):
    made = worked(lag, hidden, seed=0)
    example = made.example
    assert not example.x[-1].any()  # on the last day nothing comes in
    by_keras = twin(made.weights, example.x, example.actual, example.last_day)
    due = example.actual[:, 0].argmax(axis=1)
    np.testing.assert_array_equal(by_keras.y[:, 0].argmax(axis=1), due)  # every day
    last_day_alone = twin(made.weights, example.x[-1:], example.actual[-1:], np.ones(1))  # h(t-1) = 0
    assert last_day_alone.y[-1, 0].argmax() != due[-1]


def test_all_rotations_are_answered_and_without_the_state_one_only():
    made = worked(2, 3, seed=0)
    np.testing.assert_array_equal(made.answers, made.due)
    assert len(set(made.answers_without_state)) == 1
    assert (made.answers_without_state == made.due).sum() == 1
    assert sorted(made.due) == list(range(len(ROTATION)))


def test_the_sum_of_input_state_and_bias_is_what_tanh_is_taken_of():
    made = worked(2, 3, seed=0)
    np.testing.assert_allclose(np.tanh(made.from_input + made.from_state + made.weights.b_h), made.there_and_back.h[:, 0])


def test_weights_have_two_decimals():
    for weight in worked(2, 4, seed=1).weights:
        np.testing.assert_array_equal(weight, weight.round(2))


def test_a_seed_gives_the_same_network_and_another_seed_another():
    first, again, other = (worked(2, 3, seed).weights for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.W_x, other.W_x)


def test_a_network_that_does_not_learn_is_said_to(monkeypatch):
    monkeypatch.setattr("unvanish.suite.explain.training.UPDATES", 20)
    with pytest.raises(UsageError, match="has not learned to bridge 2 missed days in 20 updates; try another --seed"):
        worked(2, 3, seed=0)


@pytest.mark.parametrize(
    ("sizes", "sentence"), [({"lag": 0}, "--lag is 0"), ({"long_lag": 61}, "--long-lag is 61"), ({"hidden": 5}, "between 2 and 4"), ({"seed": -1}, "--seed")]
)
def test_sizes_outside_the_limits_are_refused(sizes, sentence):
    with pytest.raises(UsageError, match=sentence):
        explain(**sizes)
