"""A learning rate that falls to zero along half a cosine over the training."""

from math import pi

from unvanish.plugins import Mitigation


class Cosine(Mitigation):
    """rate_t = rate (1 + cos(pi (t - 1) / steps)) / 2 at step t, counted from 1 (Loshchilov & Hutter 2017, equation 5, without restarts)."""

    name = "cosine"
    summary = "the learning rate falls along half a cosine"
    against = "both"
    reference = "Loshchilov & Hutter 2017"

    @staticmethod
    def learning_rate(rate, context, params):
        import tensorflow as tf

        done = tf.cast(context.step - 1, rate.dtype) / tf.cast(context.steps, rate.dtype)
        return rate * 0.5 * (1 + tf.cos(pi * done))


MITIGATION = Cosine
