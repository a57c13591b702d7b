"""Truncate backpropagation through time."""

from pydantic import PositiveInt

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class TruncatedBptt(Mitigation):
    """The gradient does not pass from one window of time steps to the one before it; windows are counted from the end of the sequence.

    So the gradient of the loss at the last step reaches the last `window` steps, whatever the length.
    """

    name = "truncated_bptt"
    title = "truncation"
    detail = "a window of {window}"
    summary = "the gradient goes back over windows of a few steps, counted from the end of the sequence"
    against = "exploding"
    reference = "Williams & Peng 1990; the source document, S11"
    position = 2
    source_rows = "S11"
    claim = "Against exploding: truncated BPTT."
    mask_counts_from_end = True

    window: PositiveInt = 10

    def not_applicable(self, model):
        return None if model.recurrent else "there is no state to backpropagate through"

    def max_backprop_steps(self, task):
        return self.window - 1

    def could_act(self, task, max_gradient_norm):
        return self.window < task.length

    def never_active(self, task, gradient_changed_share):
        return f"windows of {self.window} steps cut nothing of {task.length}" if self.window >= task.length else None

    def keras_code(self, model):
        return KerasCode(window=self.window)

    def explain(self, effect):
        if effect.lag < self.window:
            return f"Does nothing to this weight: the window of {self.window} days reaches the exercise, {effect.lag} days back."
        cut = f"the gradient goes back {self.window - 1} days and the exercise was {effect.lag} days ago, so exactly nothing arrives"
        if effect.kind == "vanishing":
            return f"Does not help: {cut}."
        stopped = f"the norm of all gradients is {effect.gradient_norm:.3g} instead of {effect.plain.gradient_norm:.3g}"
        return f"Stops the explosion: {stopped}. But it does not help this weight: {cut}."

    @staticmethod
    def bptt_mask(length, n_states, context, params):
        import tensorflow as tf

        steps = tf.cast(length - tf.range(length), params["window"].dtype)
        return (tf.math.floormod(steps[:, None], params["window"]) != 0)[:, None]


MITIGATION = TruncatedBptt
