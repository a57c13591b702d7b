"""Increase the learning rate over the first training steps."""

from pydantic import PositiveInt

from unvanish.suite.mitigations.mitigation import Mitigation


class Warmup(Mitigation):
    """The learning rate grows linearly over the first steps: rate_t = rate min(1, t / steps) (Goyal et al. 2017, section 2.2)."""

    name = "warmup"
    summary = "the learning rate grows linearly over the first steps"
    against = "exploding"
    reference = "Goyal et al. 2017"
    position = 21

    steps: PositiveInt = 200

    @staticmethod
    def learning_rate(rate, context, params):
        import tensorflow as tf

        return rate * tf.minimum(1.0, tf.cast(context.step, tf.float32) / params["steps"])


MITIGATION = Warmup
