"""The learning rate under warm-up against its equation, with SGD and RMSprop."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import hooks_and_settings, step_context


@pytest.mark.parametrize(("step", "share"), [(1, 0.1), (5, 0.5), (10, 1.0), (11, 1.0)])
def test_the_step_grows_with_the_rate(step, share):
    hooks, settings = hooks_and_settings(["warmup(steps=10)", "none", "warmup(steps=10)+rmsprop", "rmsprop"], rate=0.2)
    gradient = tf.constant(np.random.default_rng(0).normal(size=(1, 7)).repeat(4, axis=0), tf.float32)
    slots = hooks.init_slots(gradient, step_context(settings, 0), settings)
    change, _ = hooks.update(gradient, slots, step_context(settings, step), settings)
    np.testing.assert_allclose(change[0], share * change[1], rtol=1e-6)
    np.testing.assert_allclose(change[2], share * change[3], rtol=1e-6)
    np.testing.assert_allclose(change[1], 0.2 * gradient[0], rtol=1e-6)
