"""Choose the threshold of clipping from the norms seen so far."""

from typing import Annotated

from pydantic import Field

from unvanish.suite.mitigations.gradient_clipping import clip_by_norm
from unvanish.suite.mitigations.mitigation import Mitigation, norms


class AutoClip(Mitigation):
    """The threshold is a percentile of all gradient norms up to this step (Seetharaman et al. 2020, algorithm 1)."""

    name = "autoclip"
    summary = "clipping by norm whose threshold is a percentile of the trial's own gradient norms so far"
    against = "exploding"
    reference = "Seetharaman et al. 2020"
    position = 16
    replaces = frozenset({"clipping by norm"})

    percentile: Annotated[float, Field(gt=0, le=100)] = 10.0

    @staticmethod
    def first_memory(weights, steps):
        import tensorflow as tf

        return (tf.fill([weights.shape[0], steps], float("inf")),)

    @staticmethod
    def change_gradient(gradient, memory, now, p):
        import tensorflow as tf

        steps = memory[0].shape[1]
        # what has not been seen yet is infinite, so it stays behind all that has
        history = tf.where(tf.range(steps) == now.step - 1, norms(gradient)[:, None], memory[0])
        ordered = tf.sort(history, axis=1)
        place = p["percentile"] / 100 * tf.cast(now.step - 1, tf.float32)
        below = tf.cast(tf.floor(place), tf.int32)
        low, high = (tf.gather(ordered, tf.minimum(index, now.step - 1), batch_dims=1) for index in (below, below + 1))
        threshold = low + (place - tf.floor(place)) * (high - low)
        return *clip_by_norm(gradient, threshold), (history,)


MITIGATION = AutoClip
