"""Penalise steps back over which the gradient changes its length."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import Mitigation


class Omega(Mitigation):
    """The regularizer of Pascanu et al. (2013), equation 9: the sum over the steps k of (|dL/dh(k+1) dh(k+1)/dh(k)| / |dL/dh(k+1)| - 1)^2.

    As there (equation 10), only the immediate dependence on the recurrent weights is differentiated: states and dL/dh(k+1) count
    as constants. It is the mean over the sequences of a batch, and a step without any gradient adds nothing.
    """

    name = "omega"
    summary = "a penalty on the recurrent weights where the gradient does not keep its length from one step back to the next"
    against = "vanishing"
    reference = "Pascanu et al. 2013"
    position = 17

    strength: PositiveFloat = 1.0

    def not_applicable(self, model):
        plain = model.recurrent and not model.gated
        return None if plain else f"the regularizer is defined for a plain recurrent layer, not for {model.name}"

    @staticmethod
    def penalty_gradient(after, of_sums, before, recurrent_kernel, p):
        import tensorflow as tf

        size = tf.reduce_max(tf.abs(after), axis=-1, keepdims=True)  # squares of a gradient that is nearly gone would underflow
        scale = tf.math.divide_no_nan(1.0, size)
        after, of_sums, before = after * scale, of_sums * scale, before * scale
        length_after, length_before = tf.norm(after, axis=-1, keepdims=True), tf.norm(before, axis=-1, keepdims=True)
        ratio = tf.math.divide_no_nan(length_before, length_after)
        of_before = 2 * (ratio - 1) * tf.math.divide_no_nan(before, length_before * length_after)
        return p["strength"][:, None, None] * tf.matmul(of_before, of_sums, transpose_a=True) / after.shape[1]


MITIGATION = Omega
