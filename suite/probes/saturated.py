"""Units that pass no gradient on since their activation is at an end of its range (Glorot & Bengio 2010)."""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series

SATURATED_SLOPE = 0.1  # of a tanh whose slope at 0 is 1: beyond |tanh| = 0.95
SATURATED_TIME = 0.9  # of the steps and sequences at which a saturated unit is there


def measure(seen):
    """[E]: of a cell with an activation; a ReLU has no such end."""
    import tensorflow as tf

    if seen.cell is None or not seen.cell.has_activation:
        return {}
    values, slopes = seen.activations
    flat = tf.cast((slopes < SATURATED_SLOPE) & (values != 0), tf.float32)
    units = tf.reduce_mean(flat, axis=[1, 3]) >= SATURATED_TIME  # [use, E, H]
    return {"saturated_share": tf.reduce_mean(tf.cast(units, tf.float32), axis=[0, 2])}


PROBE = Probe(
    name="saturated",
    position=3,
    series={"saturated_share": Series("share of the units where tanh has a slope below a tenth, nearly all the time")},
    measure=measure,
)
