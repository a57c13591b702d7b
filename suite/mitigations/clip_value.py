"""Clip each element of the gradient."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import ROUNDING, KerasCode, Mitigation


class ClipValue(Mitigation):
    """g <- max(min(g, threshold), -threshold), element by element (Mikolov 2012, section 3.2.2)."""

    name = "clip_value"
    summary = "each element of the gradient is cut off at the threshold, which also turns its direction"
    against = "exploding"
    reference = "Mikolov 2012"
    position = 7

    threshold: PositiveFloat = 0.1

    def could_act(self, task, max_gradient_norm):
        return max_gradient_norm > self.threshold * (1 - ROUNDING)  # no element is larger than the norm

    def never_active(self, task, gradient_changed_share):
        return "clipping changed no gradient" if gradient_changed_share == 0 else None

    def keras_code(self, model):
        return KerasCode(optimizer_arguments={"clipvalue": self.threshold})

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        threshold = params["threshold"][:, None]
        return tf.clip_by_value(gradient, -threshold, threshold), tf.reduce_any(tf.abs(gradient) > threshold, axis=1), slots


MITIGATION = ClipValue
