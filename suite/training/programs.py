"""The compiled programs of a cohort: many steps of training for all trials at once, and their evaluation.

Python is visited once a block (the steps between two evaluations), never once a step or a trial.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.models import Model
from suite.training import forward
from suite.training.clipping import clip
from suite.training.forward import Recipes, Tensors
from suite.training.optimizers import Moments, update
from tasks import Task


class State(NamedTuple):
    """Where a cohort stands."""

    weights: Tensors
    moments: Moments
    diverged_at: tf.Tensor  # int32 [trial]: the step at which loss, gradient or new weights were not finite; 0 while they are


class Block(NamedTuple):
    """What happened at each step of a block, [step, trial]; after a trial diverged its figures mean nothing."""

    loss: tf.Tensor
    gradient_norm: tf.Tensor
    clipped: tf.Tensor


class Evaluation(NamedTuple):
    loss: tf.Tensor  # [trial]
    metric: tf.Tensor  # [trial]


class Programs:
    """The programs of one task and model; each is compiled once for each shape it meets."""

    def __init__(self, task: Task, model: Model) -> None:
        self.task, self.model = task, model
        self.train = tf.function(self._train, jit_compile=True)
        self.evaluate = tf.function(self._evaluate, jit_compile=True)

    def outputs(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, nudges: tuple[tf.Tensor, ...] = ()) -> tf.Tensor:
        """[T, S, B, F] -> [L, E, B, C]."""
        return forward.outputs(weights, forward.hidden_states(self.model, weights, recipes, inputs, self.task.loss_steps, nudges))

    def loss_and_gradients(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, Tensors]:
        """Each trial's loss, [E], and its gradients; inputs [T, S, B, F], targets [L, S, B]."""
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss = forward.losses(self.task, self.outputs(weights, recipes, inputs), tf.gather(targets, recipes.sequence, axis=1))
            total = tf.reduce_sum(loss)  # trials share no weight, so the gradient of the sum is each trial's own
        return loss, tape.gradient(total, weights)

    def _train(self, state: State, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor, first_step: tf.Tensor) -> tuple[State, Block]:
        """As many steps as there are batches: inputs [step, T, S, B, F], targets [step, L, S, B]; `first_step` counts from 1."""
        steps = inputs.shape[0]
        trials = recipes.learning_rate.shape

        def advance(i: tf.Tensor, state: State, block: Block) -> tuple[tf.Tensor, State, Block]:
            loss, gradients = self.loss_and_gradients(state.weights, recipes, inputs[i], targets[i])
            clipped = clip(gradients, recipes)
            weights, moments = update(state.weights, clipped.gradients, state.moments, recipes, first_step + i)
            finite = tf.math.is_finite(loss) & tf.math.is_finite(clipped.norm) & all_finite(weights)
            diverged_at = tf.where((state.diverged_at == 0) & ~finite, first_step + i, state.diverged_at)
            frozen = diverged_at > 0
            block = Block(block.loss.write(i, loss), block.gradient_norm.write(i, clipped.norm), block.clipped.write(i, clipped.acted))
            return i + 1, State(unless(frozen, weights, state.weights), Moments(*map(unless_frozen(frozen), moments, state.moments)), diverged_at), block

        def record(dtype: tf.DType) -> tf.TensorArray:
            return tf.TensorArray(dtype, size=steps, element_shape=trials)

        start = (0, state, Block(record(tf.float32), record(tf.float32), record(tf.bool)))
        _, state, block = tf.while_loop(lambda i, *_: i < steps, advance, start, maximum_iterations=steps)
        return state, Block(*(figure.stack() for figure in block))

    def _evaluate(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> Evaluation:
        """Loss and metric of each trial on sequences [T, 1, B, F] with targets [L, 1, B] that all trials share."""
        recipes = recipes._replace(sequence=tf.zeros_like(recipes.sequence))
        outputs = self.outputs(weights, recipes, inputs)
        targets = tf.gather(targets, recipes.sequence, axis=1)
        return Evaluation(forward.losses(self.task, outputs, targets), forward.metrics(self.task, outputs, targets))


def all_finite(weights: Tensors) -> tf.Tensor:
    """Whether every weight of a trial is finite, [trial]."""
    return tf.reduce_all([tf.reduce_all(tf.math.is_finite(weight), axis=list(range(1, weight.shape.rank))) for weight in weights.values()], axis=0)


def unless(frozen: tf.Tensor, new: Tensors, old: Tensors) -> Tensors:
    """New values, but the old ones for frozen trials."""
    return {name: tf.where(tf.reshape(frozen, [-1] + [1] * (value.shape.rank - 1)), old[name], value) for name, value in new.items()}


def unless_frozen(frozen: tf.Tensor):
    return lambda new, old: unless(frozen, new, old)
