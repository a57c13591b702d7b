"""Normalise the preactivations of each gate over its units."""

from unvanish.suite.mitigations.mitigation import Mitigation

EPSILON = 1e-5


class LayerNorm(Mitigation):
    """a = x W + h U of a gate is replaced by (a - mean(a)) / std(a) + b, over its units (Ba et al. 2016, equation 4), without a learned gain.

    Each gate is normalised by itself, as in TensorFlow's LayerNormBasicLSTMCell.
    """

    name = "layer_norm"
    summary = "the sum of each gate is normalised over its units before the bias is added"
    against = "both"
    reference = "Ba et al. 2016"
    position = 20
    replaces = frozenset({"preactivations"})

    @staticmethod
    def transform_preactivations(preactivations, bias, context, params):
        import tensorflow as tf

        def normalise(preactivation, b):
            a = preactivation - b[:, None]
            mean, variance = tf.nn.moments(a, axes=[-1], keepdims=True)
            return (a - mean) * tf.math.rsqrt(variance + EPSILON) + b[:, None]

        return [normalise(preactivation, b) for preactivation, b in zip(preactivations, bias, strict=True)]


MITIGATION = LayerNorm
