"""A probe: a figure measured inside a network before, while and after it trains, on a fixed batch of sequences."""

from unvanish.plugins import Probe, Series


def measure(context):
    """Return the mean absolute hidden state, [trial], of a cell; nothing of other models."""
    import tensorflow as tf

    if context.cell is None:
        return {}
    hidden, _ = context.forward_pass  # [loss step, trial, batch, hidden]
    return {"mine_size": tf.reduce_mean(tf.abs(hidden), axis=[0, 2, 3])}


PROBE = Probe(
    name="mine",
    position=50,
    series={"mine_size": Series("mean absolute value of the hidden state that the outputs are read from")},
    measure=measure,
)
