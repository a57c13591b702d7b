"""The compiled programs of a cohort: a block of training steps for all trials at once, and their evaluation.

Python runs once a block (the steps between two evaluations), never once a step or a trial.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.mitigations.mitigation import norms
from unvanish.suite.training.hooks import Hooks, SlotsByName, select
from unvanish.suite.training.losses import losses
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class TrainState(NamedTuple):
    """The state of a cohort between two training steps."""

    weights: tf.Tensor  # [trial, weight]
    non_trainable: Tensors  # [trial, ...] each: variables of the network that are not trained
    slots: SlotsByName  # [trial, ...] each: variables of the mitigations
    diverged_at: tf.Tensor  # int32 [trial]: the step at which loss, gradient or new weights were not finite; 0 while they are


class BlockMetrics(NamedTuple):
    """The metrics of each training step of a block, [step, trial]; meaningless after a trial diverged."""

    loss: tf.Tensor
    gradient_norm: tf.Tensor
    gradient_changed: tf.Tensor  # whether a mitigation changed the gradient
    update_ratio: tf.Tensor  # norm of the change of all weights, relative to that of the weights before it


class LossAndOutputs(NamedTuple):
    """The loss on a set of sequences, and the outputs that the metric is measured of."""

    loss: tf.Tensor  # [trial]
    outputs: tf.Tensor  # [scored step, trial, sequence, output]


class Programs:
    """The programs of one task and model; each is compiled once for each shape of its arguments."""

    def __init__(self, task: TaskShape, network: Network, hooks: Hooks, packing: Packing) -> None:
        self.task, self.network, self.hooks, self.packing = task, network, hooks, packing
        self.train = tf.function(self._train, jit_compile=True, autograph=False)
        self.evaluate = tf.function(self._evaluate, jit_compile=True, autograph=False)

    def initial_state(self, weights: Tensors, non_trainable: Tensors, settings: Settings, length: tf.Tensor) -> TrainState:
        """Return the state before the first step, from the variables of the networks, [E, ...] each."""
        packed = self.packing.pack(weights)
        slots = self.hooks.init_slots(packed, settings.training_context(tf.constant(0), length), settings)
        return TrainState(packed, non_trainable, slots, tf.zeros(packed.shape[:1], tf.int32))

    def _train(
        self,
        state: TrainState,
        settings: Settings,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        length: tf.Tensor,
        first_step: tf.Tensor,
        backward_steps: tf.Tensor,
    ) -> tuple[TrainState, BlockMetrics]:
        """Train one step a batch: inputs [step, T, S, B, F], targets [step, L, S, B] or [step, L, S, B, C]; `first_step` counts from 1.

        The first `length` time steps are the sequences, others are padding. The backward pass goes over the last `backward_steps` of the
        sequences, the most that any of the trials needs.
        """
        steps = inputs.shape[0]
        trials = settings.learning_rate.shape
        trainable = self.hooks.trainable_mask(self.packing.mask_for, settings)

        def train_step(i, state, block, workspace):
            context = settings.training_context(first_step + i, length)
            weights = self.packing.unpack(state.weights)
            result = self.network.loss_and_gradients(weights, state.non_trainable, settings, context, inputs[i], targets[i], workspace, backward_steps)
            gradient = self.packing.pack(result.gradients)
            if trainable is not None:  # weights that are not trained count neither in the norm nor in clipping
                gradient = tf.where(trainable, gradient, 0.0)
            norm = norms(gradient)
            transformed, gradient_changed, slots = self.hooks.transform_gradient(gradient, state.slots, context, settings)
            update, slots = self.hooks.update(transformed, slots, context, settings)
            new_weights = state.weights - update
            finite = tf.math.is_finite(result.loss) & tf.math.is_finite(norm) & tf.reduce_all(tf.math.is_finite(new_weights), axis=1)
            diverged_at = tf.where((state.diverged_at == 0) & ~finite, first_step + i, state.diverged_at)
            ratio = norms(new_weights - state.weights) / norms(state.weights)
            step_metrics = (result.loss, norm, gradient_changed, ratio)
            block = BlockMetrics(*(array.write(i, metric) for array, metric in zip(block, step_metrics, strict=True)))
            new = TrainState(new_weights, result.non_trainable, slots, diverged_at)
            # a trial that has diverged keeps its last finite state
            state = tf.nest.map_structure(lambda old, new: select(diverged_at > 0, old, new), state, new)._replace(diverged_at=diverged_at)
            return i + 1, state, block, result.workspace

        def metric_array(dtype: tf.DType) -> tf.TensorArray:
            return tf.TensorArray(dtype, size=steps, element_shape=trials)

        workspace = self.network.workspace(self.packing.unpack(state.weights), inputs[0])
        block = BlockMetrics(metric_array(tf.float32), metric_array(tf.float32), metric_array(tf.bool), metric_array(tf.float32))
        _, state, block, _ = tf.while_loop(lambda i, *_: i < steps, train_step, (0, state, block, workspace), maximum_iterations=steps)
        return state, BlockMetrics(*(array.stack() for array in block))

    def _evaluate(self, state: TrainState, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, length: tf.Tensor) -> LossAndOutputs:
        """Evaluate each trial on sequences [T, 1, B, F] with targets [L, 1, B] or [L, 1, B, C] that all trials share."""
        settings = settings.with_shared_sequences()
        outputs = self.network.outputs(self.packing.unpack(state.weights), state.non_trainable, settings, settings.evaluation_context(length), inputs)
        targets = tf.gather(targets, settings.sequence_index, axis=1)
        return LossAndOutputs(losses(self.task, outputs, targets), outputs[-self.task.n_scored :])
