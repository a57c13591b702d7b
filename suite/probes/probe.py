"""All that is measured of the trials of a cohort at once: one compiled program, and when it is asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from suite.mitigations import Now
from suite.probes.gradient_through_time import gradient_norms
from suite.probes.units import dead, saturated, values_of_units
from suite.training.cell_network import CellNetwork
from suite.training.keras_network import KerasNetwork
from suite.training.network import Network
from suite.training.settings import Settings, Tensors
from suite.training.through_time import Layer, allocate_trajectory, forward, select_loss_inputs
from tasks import Task


class Measured(NamedTuple):
    gradients: dict[str, tf.Tensor]  # norm of dL/d(state) and dL/d(input) by name, [T, E] each; none for a memoryless model
    saturated: tf.Tensor  # share of units, [E]
    dead: tf.Tensor  # share of units, [E]


class Probe:
    """The compiled probe of one task and network."""

    def __init__(self, task: Task, network: Network) -> None:
        self.task, self.network = task, network
        of_network = self.of_cell if isinstance(network, CellNetwork) else self.of_keras
        self.measure = tf.function(of_network, jit_compile=True, autograph=False)

    def of_cell(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> Measured:
        """At weights [E, ...], on sequences [T, 1, B, F] with targets [L, 1, B] that all trials are shown."""
        assert isinstance(self.network, CellNetwork)
        cell, places, settings = self.network.cell, self.network.places, settings.all_see_the_same()
        targets = tf.gather(targets, settings.sequence, axis=1)
        inputs, steps = select_loss_inputs(cell, inputs, self.task.loss_steps)
        layer = Layer(cell, places, weights, settings, inputs)
        hidden, trajectory = forward(layer, steps, allocate_trajectory(cell, weights, inputs))
        now = Now(tf.constant(0), settings.seed)
        gradients = {} if cell.memoryless else gradient_norms(self.task, layer, weights, now, targets, hidden, trajectory)
        if not cell.has_activation:
            return Measured(gradients, unknown(settings), unknown(settings))
        values = values_of_units(layer, trajectory)
        slopes = places.slope(values, settings)
        return Measured(gradients, saturated(values, slopes), dead(values, slopes))

    def of_keras(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> Measured:
        """The same of a Keras model, whose states and units are not to be had: the gradient with respect to its inputs alone."""
        assert isinstance(self.network, KerasNetwork)
        settings = settings.all_see_the_same()
        count = len(self.task.loss_steps)
        gradients = {
            f"{prefix}input_norm": self.network.input_gradients(weights, kept, settings, inputs, targets, of) for prefix, of in (("", 1), ("total_", count))
        }
        return Measured(gradients, unknown(settings), unknown(settings))


def unknown(settings: Settings) -> tf.Tensor:
    """Not a number for each trial, [E]."""
    return tf.fill(settings.sequence.shape, np.float32(np.nan))


def probe_steps(steps: int, evaluate_every: int, count: int = 13) -> list[int]:
    """The steps after which is measured: before the first, and at evaluations nearest to a log grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
