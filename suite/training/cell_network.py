"""A cell on a task, with the written-out backward pass of `unvanish.suite.training.bptt`."""

from __future__ import annotations

import tensorflow as tf

from unvanish.suite.mitigations import StepContext
from unvanish.suite.models import Cell
from unvanish.suite.training.bptt import Layer, Trajectory, allocate_trajectory, backward, forward
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.losses import losses, readout
from unvanish.suite.training.network import LossAndGradients
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class CellNetwork:
    """A cell on a task; implements `unvanish.suite.training.network.Network`."""

    def __init__(self, task: TaskShape, cell: Cell, hooks: Hooks) -> None:
        self.task, self.cell, self.hooks = task, cell, hooks

    def layer(self, weights: Tensors, settings: Settings, context: StepContext, inputs: tf.Tensor) -> Layer:
        """Return the hidden layer over inputs [T, S, B, F], as the mitigations transform them."""
        one_hot = self.task.one_hot and not self.hooks.overridden("transform_inputs")
        inputs, settings = self.hooks.transform_inputs(inputs, context, settings)
        return Layer(self.cell, self.hooks, weights, settings, context, inputs, one_hot)

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> Trajectory:
        """Allocate the trajectory of a training step over inputs [T, S, B, F]."""
        return allocate_trajectory(self.cell, weights, inputs)

    def outputs(self, weights: Tensors, non_trainable: Tensors, settings: Settings, context: StepContext, inputs: tf.Tensor) -> tf.Tensor:
        """Return the outputs, [T, S, B, F] -> [L, E, B, C]."""
        return readout(weights, forward(self.layer(weights, settings, context, inputs), self.task.loss_offsets)[0])

    def loss_and_gradients(
        self,
        weights: Tensors,
        non_trainable: Tensors,
        settings: Settings,
        context: StepContext,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        workspace: Trajectory,
        backward_steps: tf.Tensor,
    ) -> LossAndGradients:
        """Return each trial's loss and its gradients; inputs [T, S, B, F], targets [L, S, B] or [L, S, B, C]."""
        layer = self.layer(weights, settings, context, inputs)
        hidden, trajectory = forward(layer, self.task.loss_offsets, workspace)
        output_weights = {name: weights[name] for name in ("output_kernel", "output_bias")}
        with tf.GradientTape() as tape:
            tape.watch((hidden, output_weights))
            loss = losses(self.task, readout(output_weights, hidden), tf.gather(targets, settings.sequence_index, axis=1))
        # trials share no weight, so the gradient of the sum of their losses, which this is, is each trial's own
        d_hidden, output_grads = tape.gradient(loss, (hidden, output_weights))
        layer_grads, _ = backward(layer, self.task.loss_offsets, trajectory, d_hidden, backward_steps)
        gradients = layer_grads | output_grads
        for name, gradient in self.hooks.loss_penalty_gradients(weights, context, settings).items():
            gradients[name] += gradient
        return LossAndGradients(loss, gradients, {}, trajectory)
