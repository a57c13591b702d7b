"""Backpropagate over a few steps only."""

from pydantic import PositiveInt

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class TruncatedBptt(Mitigation):
    """The gradient passes from step t to t - 1 but at the edges of windows, which are counted from the end of the sequence.

    So the loss at the last step reaches the `window` last steps, whatever the length.
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

    def reach(self, task):
        return self.window - 1

    def inert(self, task, acted_share):
        return f"windows of {self.window} steps cut nothing of {task.length}" if self.window >= task.length else None

    def keras_code(self, model, task):
        return KerasCode(window=self.window)

    @staticmethod
    def gradient_passes(length, n_states, now, p):
        import tensorflow as tf

        steps = tf.cast(length - tf.range(length), tf.float32)
        return (tf.math.floormod(steps[:, None], p["window"]) != 0)[:, None]


MITIGATION = TruncatedBptt
