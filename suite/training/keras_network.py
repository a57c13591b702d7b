"""Any Keras model on a task, differentiated automatically, one trial after another inside the compiled program.

Axes: T time, S seed, B batch, F input, E trial, L loss step, C output. A Keras model is built for sequences of one length, without padding.
A trial's weights are gathered, its loss and gradients
computed with Keras' `stateless_call`, and written back; so no operation can mix trials, whatever the model does with its batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from unvanish.suite.mitigations import StepContext
from unvanish.suite.models import KerasModel, Sizes
from unvanish.suite.models.keras_model import variables_by_name
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.losses import losses
from unvanish.suite.training.network import LossAndGradients
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class KerasNetwork:
    """A Keras model on a task; implements `unvanish.suite.training.network.Network`."""

    def __init__(self, task: TaskShape, model: KerasModel, sizes: Sizes, hooks: Hooks) -> None:
        self.task, self.hooks = task, hooks
        self.network = model.build_seeded(sizes, seed=0)
        expected, given = (None, sizes.length, sizes.output), self.network.output_shape
        if given != expected:
            raise ValueError(f"the model {model.name} gives outputs of shape {given}; they must be {expected}: one for each step")
        variables = self.network.trainable_variables, self.network.non_trainable_variables
        self.trainable_names, self.non_trainable_names = (list(variables_by_name(some)) for some in variables)

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> tuple[()]:
        """Return an empty workspace."""
        return ()

    def call(self, weights: Tensors, non_trainable: Tensors, inputs: tf.Tensor, training: bool) -> tuple[tf.Tensor, Tensors]:
        """Return the outputs of one trial, [L, 1, B, C], from inputs [T, B, F], and its non-trainable variables afterwards."""
        variables = [weights[name] for name in self.trainable_names], [non_trainable[name] for name in self.non_trainable_names]
        outputs, new_values = self.network.stateless_call(*variables, tf.transpose(inputs, [1, 0, 2]), training=training)
        at_loss_steps = tf.gather(tf.transpose(outputs, [1, 0, 2]), [self.task.max_length - 1 - offset for offset in self.task.loss_offsets])
        return at_loss_steps[:, None], dict(zip(self.non_trainable_names, new_values, strict=True))

    def outputs(self, weights: Tensors, non_trainable: Tensors, settings: Settings, context: StepContext, inputs: tf.Tensor) -> tf.Tensor:
        """Return the outputs in inference mode, [T, S, B, F] -> [L, E, B, C]."""
        inputs, settings = self.hooks.transform_inputs(inputs, context, settings)

        def trial_outputs(e: tf.Tensor) -> tf.Tensor:
            own_inputs = tf.gather(inputs, settings.sequence_index[e], axis=1)
            return self.call(gather_trial(weights, e), gather_trial(non_trainable, e), own_inputs, training=False)[0][:, 0]

        steps, batch = len(self.task.loss_offsets), inputs.shape[2]
        outputs = map_trials(settings, trial_outputs, tf.TensorSpec([steps, batch, self.task.output_size]))
        return tf.transpose(outputs, [1, 0, 2, 3])

    def loss_and_gradients(
        self,
        weights: Tensors,
        non_trainable: Tensors,
        settings: Settings,
        context: StepContext,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        workspace: tuple[()],
        backward_steps: tf.Tensor,
    ) -> LossAndGradients:
        """Return each trial's loss and its gradients, by automatic differentiation over all time steps; see `Network`."""
        inputs, input_settings = self.hooks.transform_inputs(inputs, context, settings)

        def differentiate_trial(e: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
            own_weights, own_inputs = gather_trial(weights, e), tf.gather(inputs, input_settings.sequence_index[e], axis=1)
            with tf.GradientTape() as tape:
                tape.watch(own_weights)
                outputs, new_values = self.call(own_weights, gather_trial(non_trainable, e), own_inputs, training=True)
                loss = losses(self.task, outputs, tf.gather(targets, settings.sequence_index[e], axis=1)[:, None])[0]
            return loss, tape.gradient(loss, own_weights, unconnected_gradients=tf.UnconnectedGradients.ZERO), new_values

        loss, gradients, new_values = map_trials(settings, differentiate_trial, (tf.TensorSpec([]), trial_specs(weights), trial_specs(non_trainable)))
        for name, gradient in self.hooks.loss_penalty_gradients(weights, context, settings).items():
            gradients[name] += gradient
        return LossAndGradients(loss, gradients, new_values, ())

    def input_gradient_norms(
        self, weights: Tensors, non_trainable: Tensors, settings: Settings, context: StepContext, inputs: tf.Tensor, targets: tf.Tensor, count: int
    ) -> tf.Tensor:
        """Return the norm of dL/dx at each time step, mean over the sequences, [T, E]; L is a sequence's own loss summed over the last `count` loss steps."""
        inputs, input_settings = self.hooks.transform_inputs(inputs, context, settings)

        def trial_norms(e: tf.Tensor) -> tf.Tensor:
            x = tf.gather(inputs, input_settings.sequence_index[e], axis=1)
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs, _ = self.call(gather_trial(weights, e), gather_trial(non_trainable, e), x, training=False)
                loss = losses(self.task, outputs[-count:], tf.gather(targets, settings.sequence_index[e], axis=1)[-count:, None])[0]
            d_inputs = tape.gradient(loss, x) * (count * inputs.shape[2])  # the loss is a mean over loss steps and batch
            return tf.reduce_mean(tf.norm(d_inputs, axis=-1), axis=-1)

        return tf.transpose(map_trials(settings, trial_norms, tf.TensorSpec([inputs.shape[0]])))


def gather_trial(tensors: Tensors, e: tf.Tensor) -> Tensors:
    """Select one trial of [E, ...] each."""
    return {name: tf.gather(tensor, e) for name, tensor in tensors.items()}


def trial_specs(tensors: Tensors) -> dict[str, tf.TensorSpec]:
    """Return the shapes and types of one trial of [E, ...] each."""
    return {name: tf.TensorSpec(tensor.shape[1:], tensor.dtype) for name, tensor in tensors.items()}


def map_trials(settings: Settings, function: Callable[[tf.Tensor], Any], signature: Any) -> Any:
    """Apply a function to the index of each trial, one after another, and stack the results, [E, ...] each."""
    return tf.map_fn(function, tf.range(settings.sequence_index.shape[0]), fn_output_signature=signature, parallel_iterations=1)
