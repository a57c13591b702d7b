"""Gradient noise against the distribution of its paper, and that it is a trial's own."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import kstest

from tests.support.networks import hooks_and_settings, step_context


def noise(names, step, seeds):
    """What is added to a gradient of zeros, [trial, weight]."""
    hooks, settings = hooks_and_settings(names)
    gradient = tf.zeros([len(names), 4000])
    settings = settings._replace(seed=tf.constant(seeds))
    changed, _, _ = tf.function(hooks.transform_gradient, jit_compile=True)(gradient, {}, step_context(settings, step), settings)
    return changed.numpy()


@pytest.mark.parametrize(("step", "eta"), [(1, 0.01), (1, 0.3), (100, 0.3)])
def test_it_is_normal_with_the_variance_of_the_paper(step, eta):
    """Equation 1 counts steps from 0: sigma^2 = eta / (1 + t)^0.55."""
    (added, none) = noise([f"gradient_noise(eta={eta})", "none"], step, [5, 5])
    assert kstest(added / np.sqrt(eta / step**0.55), "norm").pvalue > 1e-4
    assert not none.any()


def test_it_comes_from_the_seed_and_the_step_and_not_from_other_trials():
    name = "gradient_noise"
    first, second, again = noise([name] * 3, 7, [1, 2, 1])
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0, abs=0.06)
    (alone, _) = noise([name, "none"], 7, [2, 9])
    np.testing.assert_array_equal(alone, second)
    assert not np.array_equal(noise([name, "none"], 8, [2, 9])[0], second)
