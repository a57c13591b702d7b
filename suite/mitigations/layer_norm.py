"""Give the sums of a gate the same mean and spread at every step."""

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
    replaces = frozenset({"sums of gates"})

    @staticmethod
    def change_sums(sums, bias, p):
        import tensorflow as tf

        def normalised(total, b):
            a = total - b[:, None]
            mean, variance = tf.nn.moments(a, axes=[-1], keepdims=True)
            return (a - mean) * tf.math.rsqrt(variance + EPSILON) + b[:, None]

        return [normalised(total, b) for total, b in zip(sums, bias, strict=True)]


MITIGATION = LayerNorm
