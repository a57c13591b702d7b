"""Penalise steps of the backward pass at which the gradient changes its length."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import Mitigation


class Omega(Mitigation):
    """The regularizer of Pascanu et al. (2013), equation 9: the sum over the steps k of (|dL/dh(k+1) dh(k+1)/dh(k)| / |dL/dh(k+1)| - 1)^2.

    As there (equation 10), only the immediate dependence on the recurrent weights is differentiated: states and dL/dh(k+1) are
    constants. The penalty is the mean over the sequences of a batch; a step with a zero gradient adds nothing.
    """

    name = "omega"
    summary = "a penalty on the recurrent weights where the gradient does not keep its length from one step back to the next"
    against = "vanishing"
    reference = "Pascanu et al. 2013"
    position = 17

    strength: PositiveFloat = 1.0

    def not_applicable(self, model):
        plain = model.recurrent_blocks and not model.gated
        return None if plain else f"the regularizer is defined for a plain recurrent layer, not for {model.name}"

    @staticmethod
    def step_penalty_gradient(d_after, d_preactivation, d_before, recurrent_kernel, context, params):
        import tensorflow as tf

        largest = tf.reduce_max(tf.abs(d_after), axis=-1, keepdims=True)  # the squares of a vanishing gradient would underflow
        scale = tf.math.divide_no_nan(1.0, largest)
        d_after, d_preactivation, d_before = d_after * scale, d_preactivation * scale, d_before * scale
        norm_after, norm_before = tf.norm(d_after, axis=-1, keepdims=True), tf.norm(d_before, axis=-1, keepdims=True)
        ratio = tf.math.divide_no_nan(norm_before, norm_after)
        d_penalty = 2 * (ratio - 1) * tf.math.divide_no_nan(d_before, norm_before * norm_after)  # with respect to d_before
        return params["strength"][:, None, None] * tf.matmul(d_penalty, d_preactivation, transpose_a=True) / d_after.shape[1]


MITIGATION = Omega
