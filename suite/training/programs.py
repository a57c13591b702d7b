"""The compiled programs of a cohort: many steps of training for all trials at once, and their evaluation.

Python is visited once a block (the steps between two evaluations), never once a step or a trial.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.mitigations.mitigation import norms
from unvanish.suite.training.losses import losses, metrics
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.places import Memories, Places, choose
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.tasks import Task


class State(NamedTuple):
    """Where a cohort stands."""

    weights: tf.Tensor  # [trial, weight]
    kept: Tensors  # [trial, ...] each: what a network keeps beside its weights
    memories: Memories  # [trial, ...] each: what mitigations keep
    diverged_at: tf.Tensor  # int32 [trial]: the step at which loss, gradient or new weights were not finite; 0 while they are


class Block(NamedTuple):
    """What happened at each step of a block, [step, trial]; after a trial diverged its figures mean nothing."""

    loss: tf.Tensor
    gradient_norm: tf.Tensor
    acted: tf.Tensor  # whether a mitigation changed the gradient
    update_ratio: tf.Tensor  # norm of the change of all weights, relative to that of the weights before it


class Evaluation(NamedTuple):
    loss: tf.Tensor  # [trial]
    metric: tf.Tensor  # [trial]


class Programs:
    """The programs of one task and model; each is compiled once for each shape it meets."""

    def __init__(self, task: Task, network: Network, places: Places, packing: Packing) -> None:
        self.task, self.network, self.places, self.packing = task, network, places, packing
        self.train = tf.function(self._train, jit_compile=True, autograph=False)
        self.evaluate = tf.function(self._evaluate, jit_compile=True, autograph=False)

    def start(self, weights: Tensors, kept: Tensors, steps: int) -> State:
        """Before the first of `steps`; weights and what the networks keep, [E, ...] each."""
        packed = self.packing.pack(weights)
        return State(packed, kept, self.places.first_memories(packed, steps), tf.zeros(packed.shape[:1], tf.int32))

    def _train(self, state: State, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, first_step: tf.Tensor) -> tuple[State, Block]:
        """As many steps as there are batches: inputs [step, T, S, B, F], targets [step, L, S, B]; `first_step` counts from 1."""
        steps = inputs.shape[0]
        trials = settings.learning_rate.shape
        trained = self.places.trained(self.packing.places_of, settings)

        def training_step(i, state, block, workspace):
            now = Now(first_step + i, settings.seed)
            found = self.network.loss_and_gradients(self.packing.unpack(state.weights), state.kept, settings, now, inputs[i], targets[i], workspace)
            gradient = self.packing.pack(found.gradients)
            if trained is not None:  # what a trial does not train has no gradient, so neither norm nor clipping counts it
                gradient = tf.where(trained, gradient, 0.0)
            norm = norms(gradient)
            changed, acted, memories = self.places.gradient(gradient, state.memories, now, settings)
            step, memories = self.places.step(changed, memories, now, settings)
            stepped = state.weights - step
            finite = tf.math.is_finite(found.loss) & tf.math.is_finite(norm) & tf.reduce_all(tf.math.is_finite(stepped), axis=1)
            diverged_at = tf.where((state.diverged_at == 0) & ~finite, first_step + i, state.diverged_at)
            ratio = norms(stepped - state.weights) / norms(state.weights)
            block = Block(*(array.write(i, figure) for array, figure in zip(block, (found.loss, norm, acted, ratio), strict=True)))
            new = State(stepped, found.kept, memories, diverged_at)
            # a trial that has diverged stays where it was
            state = tf.nest.map_structure(lambda old, new: choose(diverged_at > 0, old, new), state, new)._replace(diverged_at=diverged_at)
            return i + 1, state, block, found.workspace

        def record(dtype: tf.DType) -> tf.TensorArray:
            return tf.TensorArray(dtype, size=steps, element_shape=trials)

        workspace = self.network.workspace(self.packing.unpack(state.weights), inputs[0])
        start = (0, state, Block(record(tf.float32), record(tf.float32), record(tf.bool), record(tf.float32)), workspace)
        _, state, block, _ = tf.while_loop(lambda i, *_: i < steps, training_step, start, maximum_iterations=steps)
        return state, Block(*(figure.stack() for figure in block))

    def _evaluate(self, state: State, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> Evaluation:
        """Loss and metric of each trial on sequences [T, 1, B, F] with targets [L, 1, B] that all trials share."""
        settings = settings.all_see_the_same()
        answers = self.network.outputs(self.packing.unpack(state.weights), state.kept, settings, inputs)
        targets = tf.gather(targets, settings.sequence, axis=1)
        return Evaluation(losses(self.task, answers, targets), metrics(self.task, answers, targets))
