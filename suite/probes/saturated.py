"""The share of units with a saturated activation, which pass hardly any gradient on (Glorot & Bengio 2010)."""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series

SATURATED_SLOPE = 0.1  # of a tanh whose slope at 0 is 1: beyond |tanh| = 0.95
SATURATED_TIME = 0.9  # share of the time steps and sequences at which a saturated unit has such a slope


def measure(context):
    """Return the share, [E], for a cell with an activation; a ReLU does not saturate."""
    import tensorflow as tf

    if context.cell is None or not context.cell.has_activation:
        return {}
    values, slopes = context.activations
    flat = tf.cast((slopes < SATURATED_SLOPE) & (values != 0) & context.in_sequence, tf.float32)
    count = tf.cast(context.length * values.shape[3], tf.float32)  # of time steps and sequences
    units = tf.reduce_sum(flat, axis=[1, 3]) / count >= SATURATED_TIME  # [use, E, H]
    return {"saturated_share": tf.reduce_mean(tf.cast(units, tf.float32), axis=[0, 2])}


PROBE = Probe(
    name="saturated",
    position=3,
    series={"saturated_share": Series("share of the units where tanh has a slope below a tenth, nearly all the time")},
    measure=measure,
)
