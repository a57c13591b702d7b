"""Units that pass no gradient on: saturated ones (Glorot & Bengio 2010) and dead ones (Lu et al. 2020).

Units are those of the state's own activation: the hidden state of a plain network, candidate and cell output of an LSTM, the
candidate of a GRU. Gates are left out: one that is fully open is saturated too, and is what remembers.
"""

from __future__ import annotations

import tensorflow as tf

from suite.training.through_time import Layer, Trajectory

SATURATED_SLOPE = 0.1  # of a tanh whose slope at 0 is 1: beyond |tanh| = 0.95
SATURATED_TIME = 0.9  # of the steps and sequences at which a saturated unit is there


def values_of_units(layer: Layer, trajectory: Trajectory) -> tf.Tensor:
    """All values of the state's activation in a forward pass, [use, T, E, B, H]."""

    gates = layer.values(list(trajectory.gates), layer.bias()) if layer.places.changes_sums else trajectory.gates
    values = [value for gate, value in zip(layer.cell.gates, gates, strict=True) if gate.function == "activation"]

    def observed(x: tf.Tensor) -> tf.Tensor:
        values.append(layer.activation(x))
        return values[-1]

    layer.cell.combine(gates, tuple(state[:-1] for state in trajectory.states), observed)
    return tf.stack(values)


def saturated(values: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
    """The share of units that are at an end of their range, where there is next to no slope, nearly all the time, [E]; a ReLU has none."""
    flat = tf.cast((slopes < SATURATED_SLOPE) & (values != 0), tf.float32)
    units = tf.reduce_mean(flat, axis=[1, 3]) >= SATURATED_TIME  # [use, E, H]
    return share(units)


def dead(values: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
    """The share of units that are zero without a slope at every step of every sequence, [E]; a tanh has none."""
    return share(tf.reduce_all((values == 0) & (slopes == 0), axis=[1, 3]))


def share(units: tf.Tensor) -> tf.Tensor:
    """bool [use, E, H] -> [E]."""
    return tf.reduce_mean(tf.cast(units, tf.float32), axis=[0, 2])
