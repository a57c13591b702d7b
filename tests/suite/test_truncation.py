"""Truncated backpropagation: where the gradient ends, and that it is whole up to there."""

import numpy as np
import pytest
import tensorflow as tf

from suite.mitigations import find
from suite.models import MODELS, Sizes
from suite.probes.probe import Probe
from suite.profile import make_task
from suite.recipe import Recipe
from suite.training.cohort import shared_set
from suite.training.recipes import as_tensors, gradient_passes

RECURRENT = [model.name for model in MODELS if model.recurrent]


def norms(name, task, windows):
    """[steps back, trial] for one set of weights under several windows."""
    model = MODELS[name]
    weights = model.initial_weights(Sizes(task.input_size, 7, task.output_size, task.length), Recipe(0.1), seed=3)
    stacked = {key: tf.constant(np.stack([weight] * len(windows))) for key, weight in weights.items()}
    recipes = as_tensors([Recipe(0.1, truncation=window) for window in windows], task.length, [0] * len(windows))
    return Probe(task, model).measure(stacked, recipes, *shared_set(task, "probe", 5)).gradients["norm"].numpy()[::-1]


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
    assert np.flatnonzero(~gradient_passes(23, 10)).tolist() == [3, 13]
    assert np.flatnonzero(~gradient_passes(20, 10)).tolist() == [0, 10]  # before step 0 there is nothing to pass to
    assert gradient_passes(9, None).all()


@pytest.mark.parametrize(("lag", "works"), [(9, True), (10, False), (50, False)])
def test_the_plan_knows_when_truncation_leaves_no_gradient(lag, works):
    mitigation = find("truncated_bptt")
    reason = mitigation.no_gradient(make_task("first_symbol", lag), mitigation.parameters)
    assert (reason is None) == works
