"""Truncated backpropagation: where the gradient ends, and that it is whole up to there."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import probed, sizes, stacked
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS

RECURRENT = [model.name for model in MODELS if find("truncated_bptt").not_applicable(model) is None]


def norms(name, task, windows):
    """[steps back, trial] for one set of weights under several windows."""
    weights = MODELS[name].initial_weights(sizes(task, 7), seed=3)
    names = ["none" if window is None else f"truncated_bptt(window={window})" for window in windows]
    return probed(task, name, stacked([weights] * len(windows)), names, batch=5)["norm"]


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize(
    "task",
    [make_task("first_symbol", 12), make_task("temporal_order", 20), make_task("exercise_schedule", 9), make_task("adding", 14)],
    ids=lambda task: task.name,
)
def test_a_window_shorter_than_the_lag_makes_the_gradient_at_the_information_exactly_zero(name, task):
    windows = [None, task.information_distance + 1, task.information_distance, 4, 1]
    measured = norms(name, task, windows)
    assert (measured[task.information_distance, :2] > 0).all()
    assert (measured[task.information_distance :, 2:] == 0).all()


@pytest.mark.parametrize("name", RECURRENT)
def test_inside_the_window_the_gradient_is_the_whole_one(name):
    measured = norms(name, make_task("first_symbol", 12), [None, 5, 13])
    np.testing.assert_array_equal(measured[:5, 1], measured[:5, 0])
    np.testing.assert_array_equal(measured[:, 2], measured[:, 0])


def test_windows_are_counted_from_the_end():
    def cuts(length, window):
        mask = MITIGATIONS["truncated_bptt"].bptt_mask(length, 1, None, {"window": tf.constant([window], tf.float32)})
        return np.flatnonzero(~mask.numpy()[:, 0, 0]).tolist()

    assert cuts(23, 10) == [3, 13]
    assert cuts(20, 10) == [0, 10]  # before step 0 there is nothing to pass to
    assert cuts(9, 10) == []


@pytest.mark.parametrize(("lag", "works"), [(9, True), (10, False), (50, False)])
def test_the_plan_knows_when_truncation_leaves_no_gradient(lag, works):
    assert (find("truncated_bptt").no_gradient(make_task("first_symbol", lag)) is None) == works
