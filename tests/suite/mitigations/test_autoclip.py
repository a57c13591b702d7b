"""AutoClip against NumPy's percentile of the norms so far."""

import numpy as np
import tensorflow as tf

from tests.support.networks import hooks_and_settings, step_context

PERCENTILES = (10.0, 50.0, 100.0)


def test_the_threshold_is_the_percentile_of_all_norms_up_to_now():
    steps = 12
    hooks, settings = hooks_and_settings([*(f"autoclip(percentile={percentile})" for percentile in PERCENTILES), "none"], steps=steps)
    random = np.random.default_rng(4)
    slots = hooks.init_slots(tf.zeros([4, 6]), step_context(settings, 0), settings)
    change = tf.function(hooks.transform_gradient, jit_compile=True)
    seen = []
    for number in range(1, steps + 1):
        gradient = (random.normal(size=6) * random.lognormal()).astype(np.float32)
        seen.append(np.linalg.norm(gradient))
        changed, acted, slots = change(tf.constant(np.stack([gradient] * 4)), slots, step_context(settings, number), settings)
        for trial, percentile in enumerate(PERCENTILES):
            threshold = np.percentile(seen, percentile)
            np.testing.assert_allclose(np.linalg.norm(changed[trial]), min(seen[-1], threshold), rtol=1e-5)
            assert np.isclose(seen[-1], threshold, rtol=1e-5) or bool(acted[trial]) == (seen[-1] > threshold)
        np.testing.assert_array_equal(changed[3], gradient)
