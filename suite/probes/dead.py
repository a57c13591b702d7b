"""The share of units whose ReLU is never above zero, which pass no gradient on (Lu et al. 2020)."""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series


def measure(context):
    """Return the share, [E], for a cell with an activation; a tanh that is zero has a slope and is not dead."""
    import tensorflow as tf

    if context.cell is None or not context.cell.has_activation:
        return {}
    values, slopes = context.activations
    units = tf.reduce_all((values == 0) & (slopes == 0) | ~context.in_sequence, axis=[1, 3])  # [use, E, H]
    return {"dead_share": tf.reduce_mean(tf.cast(units, tf.float32), axis=[0, 2])}


PROBE = Probe(
    name="dead",
    position=4,
    series={"dead_share": Series("share of the ReLUs that are zero at every step of every probe sequence")},
    measure=measure,
)
