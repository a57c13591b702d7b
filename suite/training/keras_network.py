"""Any Keras model's way to the gradients: automatic differentiation, one trial after another inside the compiled program.

Axes: T time, S seed, B batch, F input, E trial, L loss step, C output. A trial's weights are gathered, its loss and gradients
computed by Keras' `stateless_call`, and written back; so no operation can mix trials, whatever the model does with its batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.models import KerasModel, Sizes
from unvanish.suite.models.keras_model import named
from unvanish.suite.training.losses import losses
from unvanish.suite.training.network import Differentiated
from unvanish.suite.training.places import Places
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.tasks import Task


class KerasNetwork:
    """A Keras model on a task."""

    def __init__(self, task: Task, model: KerasModel, sizes: Sizes, places: Places) -> None:
        self.task, self.places = task, places
        self.network = model.built(sizes, seed=0)
        expected, given = (None, sizes.length, sizes.output), self.network.output_shape
        if given != expected:
            raise ValueError(f"the model {model.name} gives outputs of shape {given}; they must be {expected}: one for each step")
        self.trained, self.kept = (list(named(variables)) for variables in (self.network.trainable_variables, self.network.non_trainable_variables))

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> tuple[()]:
        """Nothing."""
        return ()

    def call(self, trial: Tensors, kept: Tensors, inputs: tf.Tensor, training: bool) -> tuple[tf.Tensor, Tensors]:
        """The outputs of one trial, [L, 1, B, C], from inputs [T, B, F], and what it keeps."""
        variables = [trial[name] for name in self.trained], [kept[name] for name in self.kept]
        answers, new = self.network.stateless_call(*variables, tf.transpose(inputs, [1, 0, 2]), training=training)
        at_loss = tf.gather(tf.transpose(answers, [1, 0, 2]), self.task.loss_steps)
        return at_loss[:, None], dict(zip(self.kept, new, strict=True))

    def outputs(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor) -> tf.Tensor:
        """[T, S, B, F] -> [L, E, B, C]."""

        def of_trial(e: tf.Tensor) -> tf.Tensor:
            return self.call(take(weights, e), take(kept, e), tf.gather(inputs, settings.sequence[e], axis=1), training=False)[0][:, 0]

        steps, batch = len(self.task.loss_steps), inputs.shape[2]
        answers = each(settings, of_trial, tf.TensorSpec([steps, batch, self.task.output_size]))
        return tf.transpose(answers, [1, 0, 2, 3])

    def loss_and_gradients(
        self, weights: Tensors, kept: Tensors, settings: Settings, now: Now, inputs: tf.Tensor, targets: tf.Tensor, workspace: tuple[()]
    ) -> Differentiated:
        """Inputs [T, S, B, F], targets [L, S, B]."""

        def of_trial(e: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
            mine, sequence = take(weights, e), settings.sequence[e]
            with tf.GradientTape() as tape:
                tape.watch(mine)
                answers, new = self.call(mine, take(kept, e), tf.gather(inputs, sequence, axis=1), training=True)
                loss = losses(self.task, answers, tf.gather(targets, sequence, axis=1)[:, None])[0]
            return loss, tape.gradient(loss, mine, unconnected_gradients=tf.UnconnectedGradients.ZERO), new

        loss, gradients, new = each(settings, of_trial, (tf.TensorSpec([]), of_one(weights), of_one(kept)))
        for name, gradient in self.places.penalty_gradients(weights, settings).items():
            gradients[name] += gradient
        return Differentiated(loss, gradients, new, ())

    def input_gradients(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, count: int) -> tf.Tensor:
        """The mean over the sequences of the norm of dL/dx at each time step, from a sequence's own loss at the last `count` loss steps, [T, E]."""

        def of_trial(e: tf.Tensor) -> tf.Tensor:
            sequence = settings.sequence[e]
            seen = tf.gather(inputs, sequence, axis=1)
            with tf.GradientTape() as tape:
                tape.watch(seen)
                answers, _ = self.call(take(weights, e), take(kept, e), seen, training=False)
                loss = losses(self.task, answers[-count:], tf.gather(targets, sequence, axis=1)[-count:, None])[0]
            of_inputs = tape.gradient(loss, seen) * (count * inputs.shape[2])
            return tf.reduce_mean(tf.norm(of_inputs, axis=-1), axis=-1)

        return tf.transpose(each(settings, of_trial, tf.TensorSpec([inputs.shape[0]])))


def take(tensors: Tensors, e: tf.Tensor) -> Tensors:
    """Those of one trial."""
    return {name: tf.gather(tensor, e) for name, tensor in tensors.items()}


def of_one(tensors: Tensors) -> dict[str, tf.TensorSpec]:
    """The shapes and types of those of one trial."""
    return {name: tf.TensorSpec(tensor.shape[1:], tensor.dtype) for name, tensor in tensors.items()}


def each(settings: Settings, of_trial: Callable[[tf.Tensor], Any], signature: Any) -> Any:
    """What `of_trial` gives for every trial, one after another: [E, ...] each."""
    return tf.map_fn(of_trial, tf.range(settings.sequence.shape[0]), fn_output_signature=signature, parallel_iterations=1)
