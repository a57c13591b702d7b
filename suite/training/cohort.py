"""Train the trials of one task, lag and model together, as many at a time as their compiled programs hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from unvanish.suite.experiment.plan import Budget, sizes_of
from unvanish.suite.experiment.trial import TrainedTrial, Trial
from unvanish.suite.mitigations import Combination, ordered_mitigations
from unvanish.suite.models import MODELS, Cell, KerasModel, Model
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.program_size import ProgramSize
from unvanish.suite.training.programs import Evaluation, Programs, TrainState
from unvanish.suite.training.record import ProbeValues
from unvanish.suite.training.settings import Settings
from unvanish.suite.training.stopwatch import Stopwatch
from unvanish.suite.training.wave import Wave
from unvanish.tasks import Sequences, Task
from unvanish.tasks.seeding import Purpose


class ProbeRunner(Protocol):
    """Measures inside networks; `unvanish.suite.probes.measurement.program.ProbeProgram` implements it."""

    def measure(
        self, weights: dict[str, tf.Tensor], non_trainable: dict[str, tf.Tensor], settings: Settings, inputs: tf.Tensor, targets: tf.Tensor
    ) -> ProbeValues: ...


class CohortTrainer:
    """Trains trials of one task, lag and model, with mitigations out of those that its programs contain.

    `probe_runner` is constructed with the task, the model and the network, and measures after the steps `probe_at`. `train` may be
    called for several sets of trials, which share the compiled programs.
    """

    def __init__(
        self,
        task: Task,
        model: str,
        budget: Budget,
        size: ProgramSize,
        mitigations: Iterable[Combination],
        probe_runner: Callable[[Task, Model, Network], ProbeRunner],
        probe_at: Sequence[int],
    ) -> None:
        self.task, self.model, self.budget, self.size = task, MODELS[model], budget, size
        self.hooks = Hooks(ordered_mitigations(mitigations))
        packing = Packing.for_weights(self.model.initial_weights(sizes_of(task, budget), seed=0))
        self.network = network_for(task, self.model, budget, self.hooks)
        self.programs = Programs(task, self.network, self.hooks, packing)
        self.probe_runner, self.probe_at = probe_runner(task, self.model, self.network), probe_at
        self.stopwatch = Stopwatch()
        self.validation_set = shared_sequences(task, "validation", budget.validation_sequences)
        self.probe_set = shared_sequences(task, "probe", budget.probe_sequences)

    def train(self, trials: Sequence[Trial], on_block: Callable[[int], None] = lambda trial_steps: None) -> list[TrainedTrial]:
        """Train trials and return them in their order.

        All advance together, block by block, in groups of as many as a program holds. A trial that has diverged leaves at the end of its
        block, and the others close up. `on_block` is called after each block with the number of trial-steps that it trained, and those that
        trials which have left need not be trained.
        """
        return Wave(self, trials).train(on_block)

    def draw(self, seed: int, block: int) -> Sequences:
        """Draw the training sequences of one seed for a block: inputs [step, T, B, F], targets [step, L, B]."""
        steps, batch = self.budget.evaluate_every, self.budget.batch_size
        drawn = self.task.sample(steps * batch, "training", seed, block)
        inputs = drawn.inputs.reshape(steps, batch, *drawn.inputs.shape[1:])
        targets = drawn.targets.reshape(steps, batch, -1)
        return Sequences(inputs.transpose(0, 2, 1, 3), targets.transpose(0, 2, 1))

    def stack_seeds(self, drawn: Sequence[Sequences]) -> tuple[tf.Tensor, tf.Tensor]:
        """Return what `draw` returns for several seeds as inputs [step, T, S, B, F] and targets [step, L, S, B]; unused seeds repeat the first."""
        padded = [*drawn, *[drawn[0]] * (self.size.seeds - len(drawn))]
        inputs, targets = (np.stack([getattr(sequences, name) for sequences in padded], axis=2) for name in ("inputs", "targets"))
        return tf.constant(inputs), tf.constant(targets)

    def evaluate(self, state: TrainState, settings: Settings, sequences: tuple[tf.Tensor, tf.Tensor]) -> Evaluation:
        """Return loss and metric, [slot] each, on inputs [T, 1, B, F] and targets [L, 1, B]."""
        with self.stopwatch.timed("evaluation"):
            return Evaluation(*(metric.numpy() for metric in self.programs.evaluate(state, settings, *sequences)))

    def evaluate_test_set(self, state: TrainState, settings: Settings) -> Evaluation:
        """Evaluate the test set in parts of the validation set's size, for which the program exists; a smaller last part is weighted by its size."""
        parts = [to_tensors(part) for part in self.task.evaluation_parts("test", self.budget.test_sequences, self.budget.validation_sequences)]
        evaluations = [self.evaluate(state, settings, part) for part in parts]
        weights = np.array([targets.shape[2] for _, targets in parts]) / parts[0][1].shape[2]  # exactly 1 where all are equal
        return Evaluation(*(np.average(np.asarray(values, np.float64), axis=0, weights=weights) for values in zip(*evaluations, strict=True)))


def network_for(task: Task, model: Model, budget: Budget, hooks: Hooks) -> Network:
    """Return the network of a model on a task."""
    if isinstance(model, Cell):
        return CellNetwork(task, model, hooks)
    assert isinstance(model, KerasModel)
    return KerasNetwork(task, model, sizes_of(task, budget), hooks)


def shared_sequences(task: Task, purpose: Purpose, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the first `count` sequences of a fixed set, which all trials share: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return to_tensors(next(task.evaluation_parts(purpose, count, count)))


def to_tensors(sequences: Sequences) -> tuple[tf.Tensor, tf.Tensor]:
    """Convert sequences that all trials share: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return tf.constant(np.ascontiguousarray(sequences.inputs.transpose(1, 0, 2)[:, None])), tf.constant(np.ascontiguousarray(sequences.targets.T[:, None]))
