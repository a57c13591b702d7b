"""A mitigation: parameters as pydantic fields, and hooks that act on all trials at once, whose axis is first."""

from pydantic import PositiveFloat

from unvanish.plugins import Mitigation


class Mine(Mitigation):
    """Every element of the gradient is replaced by its sign times a constant (signSGD)."""

    name = "mine"
    summary = "the sign of each element of the gradient, times a constant"
    against = "both"
    reference = "Bernstein et al. 2018"

    size: PositiveFloat = 0.01

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        return params["size"][:, None] * tf.sign(gradient), tf.ones(gradient.shape[:1], tf.bool), slots


MITIGATION = Mine
