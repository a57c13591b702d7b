"""What probes are shown of the trials of a cohort: a forward pass over the probe sequences, and what can be derived from it, each once."""

from __future__ import annotations

from functools import cached_property

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.models import Cell
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.losses import losses, outputs
from unvanish.suite.training.network import Network
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.through_time import Layer, States, Trajectory, allocate_trajectory, backward, forward, select_loss_inputs
from unvanish.tasks import Task


class Seen:
    """Trials with weights [E, ...] on sequences [T, 1, B, F] with targets [L, 1, B] that all of them are shown."""

    def __init__(self, task: Task, network: Network, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> None:
        self.task, self.network, self.weights, self.kept = task, network, weights, kept
        self.settings = settings.all_see_the_same()
        self.inputs, self.targets = inputs, targets

    @property
    def cell(self) -> Cell | None:
        """The model where it is a cell; nothing else below can be asked of any other."""
        return self.network.cell if isinstance(self.network, CellNetwork) else None

    @property
    def cell_network(self) -> CellNetwork:
        """The network of a cell."""
        assert isinstance(self.network, CellNetwork)
        return self.network

    @cached_property
    def loss_inputs(self) -> tuple[tf.Tensor, tuple[int, ...]]:
        """The inputs that a cell is run over, and where among them it has a loss."""
        return select_loss_inputs(self.cell_network.cell, self.inputs, self.task.loss_steps)

    @cached_property
    def layer(self) -> Layer:
        """The hidden layer of a cell."""
        return Layer(self.cell_network.cell, self.cell_network.places, self.weights, self.settings, self.loss_inputs[0])

    @cached_property
    def passed(self) -> tuple[tf.Tensor, Trajectory]:
        """The hidden states at the loss steps, [L, E, B, H], and the whole way there."""
        return forward(self.layer, self.loss_inputs[1], allocate_trajectory(self.cell_network.cell, self.weights, self.loss_inputs[0]))

    @cached_property
    def activations(self) -> tuple[tf.Tensor, tf.Tensor]:
        """All values of the state's activation and its slope there, [use, T, E, B, H] each; of a cell that has one.

        Those of a plain network's hidden state, of an LSTM's candidate and cell output, of a GRU's candidate. Gates are left out:
        one that is fully open is saturated too, and is what remembers.
        """
        layer, (_, trajectory) = self.layer, self.passed
        gates = layer.values(list(trajectory.gates), layer.bias()) if layer.places.changes_sums else trajectory.gates
        values = [value for gate, value in zip(layer.cell.gates, gates, strict=True) if gate.function == "activation"]

        def observed(x: tf.Tensor) -> tf.Tensor:
            values.append(layer.activation(x))
            return values[-1]

        layer.cell.combine(gates, tuple(state[:-1] for state in trajectory.states), observed)
        stacked = tf.stack(values)
        return stacked, layer.places.slope(stacked, self.settings)

    def gradient_norms(self, count: int) -> list[tf.Tensor]:
        """Norms of dL/d(state), one for each state of a cell, and of dL/d(input), after each step: [T, E] each.

        From a sequence's own loss, summed over its last `count` loss steps; the mean over the sequences of the norm.
        """
        if isinstance(self.network, KerasNetwork):
            return [self.network.input_gradients(self.weights, self.kept, self.settings, self.inputs, self.targets, count)]
        hidden, trajectory = self.passed
        asked, targets = hidden[-count:], tf.gather(self.targets, self.settings.sequence, axis=1)[-count:]
        with tf.GradientTape() as tape:
            tape.watch(asked)
            loss = losses(self.task, outputs(self.weights, asked), targets)
        # not of its share of the mean over batch and steps
        of_hidden = tape.gradient(loss, asked) * (count * hidden.shape[2])
        now = Now(tf.constant(0), self.settings.seed)
        _, norms = backward(self.layer, self.loss_inputs[1][-count:], trajectory, of_hidden, now, observe=norms_of_step)
        return tf.unstack(norms, axis=1)

    @cached_property
    def from_last(self) -> list[tf.Tensor]:
        """`gradient_norms` of the last loss step."""
        return self.gradient_norms(1)

    @cached_property
    def from_all(self) -> list[tf.Tensor]:
        """`gradient_norms` of all loss steps together, which is what training uses."""
        count = len(self.task.loss_steps)
        return self.gradient_norms(count) if count > 1 else self.from_last


def norms_of_step(gradients: States, of_inputs: tf.Tensor) -> tf.Tensor:
    """Mean over the sequences, [state + 1, E], from one [E, B, H] a state and [E, B, F] of the input."""
    return tf.stack([tf.reduce_mean(tf.norm(gradient, axis=-1), axis=-1) for gradient in (*gradients, of_inputs)])
