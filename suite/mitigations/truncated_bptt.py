"""Truncate backpropagation through time."""

from pydantic import PositiveInt

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class TruncatedBptt(Mitigation):
    """The gradient does not pass from one window of time steps to the one before it; windows are counted from the end of the sequence.

    So the gradient of the loss at the last step reaches the last `window` steps, whatever the length.
    """

    name = "truncated_bptt"
    summary = "the gradient goes back over windows of a few steps, counted from the end of the sequence"
    against = "exploding"
    reference = "Williams & Peng 1990; the source document, S11"
    position = 2
    source_rows = "S11"

    window: PositiveInt = 10

    def not_applicable(self, model):
        return None if model.recurrent else "there is no state to backpropagate through"

    def max_backprop_steps(self, task):
        return self.window - 1

    def never_active(self, task, gradient_changed_share):
        return f"windows of {self.window} steps cut nothing of {task.length}" if self.window >= task.length else None

    def keras_code(self, model, task):
        return KerasCode(window=self.window)

    @staticmethod
    def bptt_mask(length, n_states, context, params):
        import tensorflow as tf

        steps = tf.cast(length - tf.range(length), tf.float32)
        return (tf.math.floormod(steps[:, None], params["window"]) != 0)[:, None]


MITIGATION = TruncatedBptt
