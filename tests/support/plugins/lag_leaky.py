"""Leaky units whose time constant is the lag of the task."""

from unvanish.plugins import Mitigation


class LagLeaky(Mitigation):
    """h(t) = (1 - a) h(t-1) + a h'(t) with a = 1 / lag, where h' is the state that the cell computes."""

    name = "lag_leaky"
    summary = "leaky units whose time constant is the lag"
    against = "vanishing"
    reference = "Jaeger et al. 2007"

    @staticmethod
    def transform_states(new, old, context, params):
        import tensorflow as tf

        leak = (1 / tf.cast(context.lag, new[0].dtype))[:, None, None]
        return tuple((1 - leak) * before + leak * proposed for before, proposed in zip(old, new, strict=True))


MITIGATION = LagLeaky
