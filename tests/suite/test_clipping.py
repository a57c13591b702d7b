import numpy as np
import pytest
import tensorflow as tf

from suite.recipe import Recipe
from suite.training.clipping import clip
from suite.training.recipes import as_tensors

THRESHOLDS = [0.5, 1.0, 1e6, np.inf]


@pytest.fixture
def gradients():
    random = np.random.default_rng(0)
    return {"kernel": tf.constant(random.normal(size=(4, 6, 3)), tf.float32), "bias": tf.constant(random.normal(size=(4, 3)), tf.float32)}


def test_clipping_by_norm_is_that_of_tensorflow_and_keeps_the_direction(gradients):
    clipped = clip(gradients, as_tensors([Recipe(0.1, clip_norm=threshold) for threshold in THRESHOLDS], 3, [0] * 4))
    for trial, threshold in enumerate(THRESHOLDS):
        mine, before = ([g[name][trial].numpy() for name in g] for g in (clipped.gradients, gradients))
        expected, norm = tf.clip_by_global_norm(before, threshold if np.isfinite(threshold) else 1e30)
        np.testing.assert_allclose(clipped.norm[trial], norm, rtol=1e-6)
        for a, b in zip(mine, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)
        flat, original = (np.concatenate([part.ravel() for part in parts]) for parts in (mine, before))
        assert np.linalg.norm(flat) <= threshold * (1 + 1e-6)
        assert flat @ original == pytest.approx(np.linalg.norm(flat) * np.linalg.norm(original), rel=1e-6)


def test_a_threshold_that_is_not_reached_changes_no_bit_and_does_not_count(gradients):
    clipped = clip(gradients, as_tensors([Recipe(0.1, clip_norm=threshold) for threshold in THRESHOLDS], 3, [0] * 4))
    assert clipped.acted.numpy().tolist() == [True, True, False, False]
    for name, gradient in gradients.items():
        assert np.array_equal(clipped.gradients[name][2:], gradient[2:])


def test_clipping_by_value_is_that_of_numpy(gradients):
    clipped = clip(gradients, as_tensors([Recipe(0.1, clip_value=value) for value in (0.1, 1.0, 100.0, np.inf)], 3, [0] * 4))
    for trial, value in enumerate((0.1, 1.0, 100.0, np.inf)):
        for name in gradients:
            np.testing.assert_array_equal(clipped.gradients[name][trial], np.clip(gradients[name][trial], -np.float32(value), np.float32(value)))
    assert clipped.acted.numpy().tolist() == [True, True, False, False]


def test_one_trials_infinity_reaches_no_other(gradients):
    gradients = {name: gradient.numpy() for name, gradient in gradients.items()}
    alone = clip({name: tf.constant(g) for name, g in gradients.items()}, as_tensors([Recipe(0.1, clip_norm=0.5)] * 4, 3, [0] * 4))
    gradients["kernel"][1, 0, 0] = np.inf
    gradients["bias"][3, 0] = np.nan
    beside = clip({name: tf.constant(g) for name, g in gradients.items()}, as_tensors([Recipe(0.1, clip_norm=0.5)] * 4, 3, [0] * 4))
    for trial in (0, 2):
        assert all(np.array_equal(alone.gradients[name][trial], beside.gradients[name][trial]) for name in gradients)
    assert not np.isfinite(beside.norm[1]) and not np.isfinite(beside.norm[3])
