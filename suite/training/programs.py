"""The compiled programs of a cohort: many steps of training for all trials at once, and their evaluation.

Python is visited once a block (the steps between two evaluations), never once a step or a trial.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.models import Model, Sizes
from suite.training import through_time
from suite.training.clipping import clip, norms
from suite.training.losses import losses, metrics, outputs
from suite.training.optimizers import Moments, update
from suite.training.packing import Packing
from suite.training.recipes import Recipes, Tensors, all_see_the_same
from suite.training.through_time import Trajectory
from tasks import Task


class State(NamedTuple):
    """Where a cohort stands."""

    weights: tf.Tensor  # [trial, weight]
    moments: Moments
    diverged_at: tf.Tensor  # int32 [trial]: the step at which loss, gradient or new weights were not finite; 0 while they are


class Block(NamedTuple):
    """What happened at each step of a block, [step, trial]; after a trial diverged its figures mean nothing."""

    loss: tf.Tensor
    gradient_norm: tf.Tensor
    clipped: tf.Tensor
    update_ratio: tf.Tensor  # norm of the change of all weights, relative to that of the weights before it


class Evaluation(NamedTuple):
    loss: tf.Tensor  # [trial]
    metric: tf.Tensor  # [trial]


class Programs:
    """The programs of one task and model; each is compiled once for each shape it meets."""

    def __init__(self, task: Task, model: Model, hidden_size: int) -> None:
        self.task, self.model = task, model
        self.packing = Packing.of(model, Sizes(task.input_size, hidden_size, task.output_size, task.length))
        self.train = tf.function(self._train, jit_compile=True, autograph=False)
        self.evaluate = tf.function(self._evaluate, jit_compile=True, autograph=False)

    def outputs(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor) -> tf.Tensor:
        """[T, S, B, F] -> [L, E, B, C]."""
        inputs, steps = through_time.asked(self.model, inputs, self.task.loss_steps)
        return outputs(weights, through_time.forward(self.model, weights, recipes, inputs, steps)[0])

    def loss_and_gradients(
        self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor, trajectory: Trajectory
    ) -> tuple[tf.Tensor, Tensors, Trajectory]:
        """Each trial's loss, [E], its gradients, and the trajectory; inputs [T, S, B, F], targets [L, S, B]."""
        inputs, steps = through_time.asked(self.model, inputs, self.task.loss_steps)
        hidden, trajectory = through_time.forward(self.model, weights, recipes, inputs, steps, trajectory)
        at_output = {name: weights[name] for name in ("output_kernel", "output_bias")}
        with tf.GradientTape() as tape:
            tape.watch((hidden, at_output))
            loss = losses(self.task, outputs(at_output, hidden), tf.gather(targets, recipes.sequence, axis=1))
        # trials share no weight, so the gradient of the sum of their losses, which this is, is each trial's own
        of_hidden, of_output = tape.gradient(loss, (hidden, at_output))
        of_layer, _ = through_time.backward(self.model, weights, recipes, inputs, steps, trajectory, of_hidden)
        return loss, of_layer | of_output, trajectory

    def _train(self, state: State, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor, first_step: tf.Tensor) -> tuple[State, Block]:
        """As many steps as there are batches: inputs [step, T, S, B, F], targets [step, L, S, B]; `first_step` counts from 1."""
        steps = inputs.shape[0]
        trials = recipes.learning_rate.shape

        def advance(i, state, block, trajectory):
            weights = self.packing.unpack(state.weights)
            loss, gradients, trajectory = self.loss_and_gradients(weights, recipes, inputs[i], targets[i], trajectory)
            # what a trial does not train has no gradient, so neither norm nor clipping counts it
            trained = ~recipes.only_output[:, None] | self.packing.of_output
            clipped = clip(tf.where(trained, self.packing.pack(gradients), 0.0), recipes)
            stepped, moments = update(state.weights, clipped.gradients, state.moments, recipes, first_step + i)
            finite = tf.math.is_finite(loss) & tf.math.is_finite(clipped.norm) & tf.reduce_all(tf.math.is_finite(stepped), axis=1)
            diverged_at = tf.where((state.diverged_at == 0) & ~finite, first_step + i, state.diverged_at)
            frozen = (diverged_at > 0)[:, None]
            ratio = norms(stepped - state.weights) / norms(state.weights)
            block = Block(*(array.write(i, figure) for array, figure in zip(block, (loss, clipped.norm, clipped.acted, ratio), strict=True)))
            moments = Moments(*(tf.where(frozen, old, new) for old, new in zip(state.moments, moments, strict=True)))
            state = State(tf.where(frozen, state.weights, stepped), moments, diverged_at)
            return i + 1, state, block, trajectory

        def record(dtype: tf.DType) -> tf.TensorArray:
            return tf.TensorArray(dtype, size=steps, element_shape=trials)

        room = through_time.room(self.model, self.packing.unpack(state.weights), through_time.asked(self.model, inputs[0], self.task.loss_steps)[0])
        start = (0, state, Block(record(tf.float32), record(tf.float32), record(tf.bool), record(tf.float32)), room)
        _, state, block, _ = tf.while_loop(lambda i, *_: i < steps, advance, start, maximum_iterations=steps)
        return state, Block(*(figure.stack() for figure in block))

    def _evaluate(self, vectors: tf.Tensor, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> Evaluation:
        """Loss and metric of each trial on sequences [T, 1, B, F] with targets [L, 1, B] that all trials share."""
        recipes = all_see_the_same(recipes)
        answers = self.outputs(self.packing.unpack(vectors), recipes, inputs)
        targets = tf.gather(targets, recipes.sequence, axis=1)
        return Evaluation(losses(self.task, answers, targets), metrics(self.task, answers, targets))
