"""A cell's way to the gradients: the loss at the outputs, and the backward pass of `unvanish.suite.training.through_time`."""

from __future__ import annotations

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.models import Cell
from unvanish.suite.training.losses import losses, outputs
from unvanish.suite.training.network import Differentiated
from unvanish.suite.training.places import Places
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.through_time import Layer, Trajectory, allocate_trajectory, backward, forward, select_loss_inputs
from unvanish.tasks import Task


class CellNetwork:
    """A cell on a task."""

    def __init__(self, task: Task, cell: Cell, places: Places) -> None:
        self.task, self.cell, self.places = task, cell, places

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> Trajectory:
        """The trajectory of one training step."""
        return allocate_trajectory(self.cell, weights, select_loss_inputs(self.cell, inputs, self.task.loss_steps)[0])

    def outputs(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor) -> tf.Tensor:
        """[T, S, B, F] -> [L, E, B, C]."""
        inputs, steps = select_loss_inputs(self.cell, inputs, self.task.loss_steps)
        return outputs(weights, forward(Layer(self.cell, self.places, weights, settings, inputs), steps)[0])

    def loss_and_gradients(
        self, weights: Tensors, kept: Tensors, settings: Settings, now: Now, inputs: tf.Tensor, targets: tf.Tensor, workspace: Trajectory
    ) -> Differentiated:
        """Inputs [T, S, B, F], targets [L, S, B]."""
        inputs, steps = select_loss_inputs(self.cell, inputs, self.task.loss_steps)
        layer = Layer(self.cell, self.places, weights, settings, inputs)
        hidden, trajectory = forward(layer, steps, workspace)
        at_output = {name: weights[name] for name in ("output_kernel", "output_bias")}
        with tf.GradientTape() as tape:
            tape.watch((hidden, at_output))
            loss = losses(self.task, outputs(at_output, hidden), tf.gather(targets, settings.sequence, axis=1))
        # trials share no weight, so the gradient of the sum of their losses, which this is, is each trial's own
        of_hidden, of_output = tape.gradient(loss, (hidden, at_output))
        of_layer, _ = backward(layer, steps, trajectory, of_hidden, now)
        gradients = of_layer | of_output
        for name, gradient in self.places.penalty_gradients(weights, settings).items():
            gradients[name] += gradient
        return Differentiated(loss, gradients, {}, trajectory)
