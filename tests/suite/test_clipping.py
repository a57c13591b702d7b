"""Clipping against TensorFlow's global norm and NumPy's clip, trial by trial."""

import numpy as np
import pytest
import tensorflow as tf

from suite.recipe import Recipe
from suite.training.clipping import clip
from suite.training.recipes import as_tensors

THRESHOLDS = [0.5, 1.0, 1e6, np.inf]


def clip_norms(thresholds):
    return as_tensors([Recipe(0.1, clip_norm=threshold) for threshold in thresholds], 3, [0] * len(thresholds))


@pytest.fixture
def gradients():
    return np.random.default_rng(0).normal(size=(4, 21)).astype(np.float32)


def test_clipping_by_norm_is_that_of_tensorflow_and_keeps_the_direction(gradients):
    clipped = clip(tf.constant(gradients), clip_norms(THRESHOLDS))
    for trial, threshold in enumerate(THRESHOLDS):
        parts = [gradients[trial, :18].reshape(6, 3), gradients[trial, 18:]]
        expected, norm = tf.clip_by_global_norm(parts, threshold if np.isfinite(threshold) else 1e30)
        mine = clipped.gradients[trial].numpy()
        np.testing.assert_allclose(clipped.norm[trial], norm, rtol=1e-6)
        np.testing.assert_allclose(mine, np.concatenate([part.numpy().ravel() for part in expected]), rtol=1e-6)
        assert np.linalg.norm(mine) <= threshold * (1 + 1e-6)
        assert mine @ gradients[trial] == pytest.approx(np.linalg.norm(mine) * np.linalg.norm(gradients[trial]), rel=1e-6)


def test_a_threshold_that_is_not_reached_changes_no_bit_and_does_not_count(gradients):
    clipped = clip(tf.constant(gradients), clip_norms(THRESHOLDS))
    assert clipped.acted.numpy().tolist() == [True, True, False, False]
    assert np.array_equal(clipped.gradients[2:], gradients[2:])


def test_clipping_by_value_is_that_of_numpy(gradients):
    values = (0.1, 1.0, 100.0, np.inf)
    clipped = clip(tf.constant(gradients), as_tensors([Recipe(0.1, clip_value=value) for value in values], 3, [0] * 4))
    for trial, value in enumerate(values):
        np.testing.assert_array_equal(clipped.gradients[trial], np.clip(gradients[trial], -np.float32(value), np.float32(value)))
    assert clipped.acted.numpy().tolist() == [True, True, False, False]


def test_one_trials_infinity_reaches_no_other(gradients):
    alone = clip(tf.constant(gradients), clip_norms([0.5] * 4))
    gradients[1, 0], gradients[3, 20] = np.inf, np.nan
    beside = clip(tf.constant(gradients), clip_norms([0.5] * 4))
    for trial in (0, 2):
        assert np.array_equal(alone.gradients[trial], beside.gradients[trial])
    assert not np.isfinite(beside.norm[1]) and not np.isfinite(beside.norm[3])
