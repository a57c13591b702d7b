"""The context of probes: a forward pass of a cohort's trials over the probe sequences, and what can be derived from it, each computed once."""

from __future__ import annotations

from functools import cached_property

import tensorflow as tf

from unvanish.suite.models import Cell
from unvanish.suite.training.bptt import Layer, States, Trajectory, allocate_trajectory, backward, forward
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.losses import losses, readout
from unvanish.suite.training.network import Network
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class ProbeContext:
    """Trials with weights [E, ...] on sequences [T, 1, B, F] with targets [L, 1, B] or [L, 1, B, C] that all of them share.

    The first `length` time steps are the sequences. Others are padding, of which nothing may be counted: see `in_sequence`.
    """

    def __init__(
        self,
        task: TaskShape,
        network: Network,
        weights: Tensors,
        non_trainable: Tensors,
        settings: Settings,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        length: tf.Tensor,
    ) -> None:
        self.task, self.network, self.weights, self.non_trainable = task, network, weights, non_trainable
        self.settings = settings.with_shared_sequences()
        self.inputs, self.targets, self.length = inputs, targets, length
        self.step_context = self.settings.evaluation_context(length)

    @property
    def cell(self) -> Cell | None:
        """The model where it is a cell; of other models only the norms of gradients below are defined."""
        return self.network.cell if isinstance(self.network, CellNetwork) else None

    @property
    def cell_network(self) -> CellNetwork:
        """The network of a cell."""
        assert isinstance(self.network, CellNetwork)
        return self.network

    @property
    def in_sequence(self) -> tf.Tensor:
        """Which time steps are part of the sequences, bool [T, 1, 1, 1], to be broadcast with [T, E, B, H]."""
        return (tf.range(self.inputs.shape[0]) < self.length)[:, None, None, None]

    @cached_property
    def layer(self) -> Layer:
        """The hidden layer of a cell."""
        return self.cell_network.layer(self.weights, self.settings, self.step_context, self.inputs)

    @cached_property
    def forward_pass(self) -> tuple[tf.Tensor, Trajectory]:
        """The hidden states of a cell at the loss steps, [L, E, B, H], and its whole trajectory."""
        return forward(self.layer, self.task.loss_offsets, allocate_trajectory(self.cell_network.cell, self.weights, self.inputs))

    @cached_property
    def activations(self) -> tuple[tf.Tensor, tf.Tensor]:
        """All values of the activation of the state and its slope there, [use, T, E, B, H] each, for a cell with an activation.

        Those of padding have no meaning; see `in_sequence`.

        The uses are the hidden state of a plain network, the candidate and the output of an LSTM, the candidate of a GRU. Gates
        are left out: a fully open gate is saturated too, and is how the cell remembers.
        """
        layer, (_, trajectory) = self.layer, self.forward_pass
        gates = layer.gate_values(list(trajectory.gates), layer.bias()) if layer.hooks.transforms_preactivations else trajectory.gates
        values = [value for gate, value in zip(layer.cell.gates, gates, strict=True) if gate.function == "activation"]

        def recorded_activation(x: tf.Tensor) -> tf.Tensor:
            values.append(layer.activation(x))
            return values[-1]

        layer.cell.combine(gates, tuple(state[:-1] for state in trajectory.states), recorded_activation)
        stacked = tf.stack(values)
        return stacked, layer.hooks.activation_slope(stacked, layer.context, self.settings)

    def gradient_norms(self, count: int) -> list[tf.Tensor]:
        """Return the norms of dL/d(hidden state), of dL/d(all other states) where a cell has some, and of dL/d(input), after each time step: [T, E] each.

        L is a sequence's own loss, summed over its last `count` loss steps; the norm is averaged over the sequences.
        """
        if isinstance(self.network, KerasNetwork):
            network = (self.weights, self.non_trainable, self.settings, self.step_context)
            return [self.network.input_gradient_norms(*network, self.inputs, self.targets, count)]
        hidden, trajectory = self.forward_pass
        hidden_at_loss, targets = hidden[-count:], tf.gather(self.targets, self.settings.sequence_index, axis=1)[-count:]
        with tf.GradientTape() as tape:
            tape.watch(hidden_at_loss)
            loss = losses(self.task, readout(self.weights, hidden_at_loss), targets)
        d_hidden = tape.gradient(loss, hidden_at_loss) * (count * hidden.shape[2])  # the loss is a mean over loss steps and batch
        _, norms = backward(self.layer, self.task.loss_offsets[-count:], trajectory, d_hidden, observe=mean_norms)
        return tf.unstack(norms, axis=1)

    @cached_property
    def last_loss_norms(self) -> list[tf.Tensor]:
        """`gradient_norms` of the last loss step."""
        return self.gradient_norms(1)

    @cached_property
    def all_losses_norms(self) -> list[tf.Tensor]:
        """`gradient_norms` of all loss steps together, which training uses."""
        count = len(self.task.loss_offsets)
        return self.gradient_norms(count) if count > 1 else self.last_loss_norms


def mean_norms(d_states: States, d_inputs: tf.Tensor) -> tf.Tensor:
    """Return the mean over the sequences of the norm, [figure, E], from one [E, B, H] a state and [E, B, F] of the input; see `gradient_norms`."""
    hidden, *others = d_states
    gradients = [hidden, *([tf.concat(others, axis=-1)] if others else []), d_inputs]
    return tf.stack([tf.reduce_mean(tf.norm(gradient, axis=-1), axis=-1) for gradient in gradients])
