"""Choose the threshold of clipping from the gradient norms so far."""

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
    def init_slots(weights, context, params):
        import tensorflow as tf

        return (tf.fill([weights.shape[0], int(context.steps)], float("inf")),)

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        # norms of later steps are still infinite, so they are sorted to the end
        history = tf.where(tf.range(slots[0].shape[1]) == context.step - 1, norms(gradient)[:, None], slots[0])
        ordered = tf.sort(history, axis=1)
        rank = params["percentile"] / 100 * tf.cast(context.step - 1, tf.float32)
        below = tf.cast(tf.floor(rank), tf.int32)
        low, high = (tf.gather(ordered, tf.minimum(index, context.step - 1), batch_dims=1) for index in (below, below + 1))
        threshold = low + (rank - tf.floor(rank)) * (high - low)
        return *clip_by_norm(gradient, threshold), (history,)


MITIGATION = AutoClip
