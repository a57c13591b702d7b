"""Clipping against TensorFlow's global norm and NumPy's clip, trial by trial, each trial with a threshold of its own."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import hooks_and_settings, step_context

THRESHOLDS = [0.5, 1.0, 1e6]
BY_NORM = [*(f"gradient_clipping(threshold={threshold})" for threshold in THRESHOLDS), "none"]


@pytest.fixture
def gradients():
    return np.random.default_rng(0).normal(size=(4, 21)).astype(np.float32)


def clip(gradients, names):
    """Gradients, and whether clipping acted."""
    hooks, settings = hooks_and_settings(names)
    clipped, acted, _ = hooks.transform_gradient(tf.constant(gradients), {}, step_context(settings), settings)
    return clipped.numpy(), acted.numpy()


def test_clipping_by_norm_is_that_of_tensorflow_and_keeps_the_direction(gradients):
    clipped, _ = clip(gradients, BY_NORM)
    for trial, threshold in enumerate([*THRESHOLDS, 1e30]):
        parts = [gradients[trial, :18].reshape(6, 3), gradients[trial, 18:]]
        expected, _ = tf.clip_by_global_norm(parts, threshold)
        np.testing.assert_allclose(clipped[trial], np.concatenate([part.numpy().ravel() for part in expected]), rtol=1e-6)
        length = np.linalg.norm(clipped[trial])
        assert length <= threshold * (1 + 1e-6)
        assert clipped[trial] @ gradients[trial] == pytest.approx(length * np.linalg.norm(gradients[trial]), rel=1e-6)


def test_a_threshold_that_is_not_reached_changes_no_bit_and_does_not_count(gradients):
    clipped, acted = clip(gradients, BY_NORM)
    assert acted.tolist() == [True, True, False, False]
    assert np.array_equal(clipped[2:], gradients[2:])


def test_clipping_by_value_is_that_of_numpy(gradients):
    values = (0.1, 1.0, 100.0)
    clipped, acted = clip(gradients, [*(f"clip_value(threshold={value})" for value in values), "none"])
    for trial, value in enumerate((*values, np.inf)):
        np.testing.assert_array_equal(clipped[trial], np.clip(gradients[trial], -np.float32(value), np.float32(value)))
    assert acted.tolist() == [True, True, False, False]


def test_mitigations_of_the_gradient_act_in_the_order_of_their_names(gradients):
    names = ("clip_value+gradient_clipping(threshold=0.5)", "gradient_clipping(threshold=0.5)+clip_value")
    (first, _), (second, _) = (clip(gradients[:1], [name]) for name in names)
    by_value = np.clip(gradients[0], -0.1, 0.1)
    np.testing.assert_allclose(first[0], by_value * min(1, 0.5 / np.linalg.norm(by_value)), rtol=1e-5)
    np.testing.assert_allclose(second[0], np.clip(gradients[0] * 0.5 / np.linalg.norm(gradients[0]), -0.1, 0.1), rtol=1e-5)


def test_one_trials_infinity_reaches_no_other(gradients):
    names = ["gradient_clipping(threshold=0.5)"] * 4
    alone, _ = clip(gradients, names)
    gradients[1, 0], gradients[3, 20] = np.inf, np.nan
    beside, _ = clip(gradients, names)
    assert np.array_equal(alone[[0, 2]], beside[[0, 2]])
    assert not np.isfinite(beside[[1, 3]]).all(axis=1).any()
