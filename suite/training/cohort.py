"""Train the trials of one task, lag and model together, as many at a time as their compiled programs hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import Budget, time_steps_of
from unvanish.suite.experiment.trial import TrainedTrial, Trial
from unvanish.suite.mitigations import Combination, ordered_mitigations
from unvanish.suite.models import MODELS, Model
from unvanish.suite.training.network import Network
from unvanish.suite.training.program_cache import programs_for
from unvanish.suite.training.program_size import ProgramSize
from unvanish.suite.training.programs import TrainState
from unvanish.suite.training.record import Evaluation, ProbeValues
from unvanish.suite.training.settings import Settings
from unvanish.suite.training.stopwatch import Stopwatch
from unvanish.suite.training.task_shape import TaskShape, gathers_loss_steps
from unvanish.suite.training.wave import Wave
from unvanish.tasks import Sequences, Task
from unvanish.tasks.drawn import checked
from unvanish.tasks.seeding import Purpose


class ProbeRunner(Protocol):
    """Measures inside networks; `unvanish.suite.probes.measurement.program.ProbeProgram` implements it.

    `failures` says by the name of a probe why it gives no figures.
    """

    failures: dict[str, str]

    def measure(
        self,
        weights: dict[str, tf.Tensor],
        non_trainable: dict[str, tf.Tensor],
        settings: Settings,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        length: tf.Tensor,
    ) -> ProbeValues: ...


class CohortTrainer:
    """Trains trials of one task, lag and model, with mitigations out of those that its programs contain.

    `probe_runner` returns what measures in the networks of a task's shape and a model, after the steps `probe_at`. `train` may be called for
    several sets of trials. They share the compiled programs, and so do the trainers of this process whose tasks have one shape: sequences
    are padded to `max_length` time steps, the task's own length where it is not given.
    """

    def __init__(
        self,
        task: Task,
        model: str,
        budget: Budget,
        size: ProgramSize,
        mitigations: Iterable[Combination],
        probe_runner: Callable[[TaskShape, Model, Network], ProbeRunner],
        probe_at: Sequence[int],
        max_length: int | None = None,
    ) -> None:
        self.task, self.model, self.budget, self.size, self.probe_at = task, MODELS[model], budget, size, probe_at
        self.shape = TaskShape.of(task, self.model, max_length)
        self.programs = programs_for(self.shape, self.model, budget.hidden_size, ordered_mitigations(mitigations))
        self.probe_runner = probe_runner(self.shape, self.model, self.programs.network)
        self.length = tf.constant(time_steps_of(task, self.model))
        self.stopwatch = Stopwatch()
        self.validation_set = self.shared_sequences("validation", budget.validation_sequences)
        drawn = self.validation_set[0].numpy()[: int(self.length)]
        if self.shape.one_hot and not (np.isin(drawn, (0, 1)).all() and (drawn.sum(axis=-1) == 1).all()):
            raise ValueError(f"the task {task.name} says that its inputs are one-hot, and they are not; set one_hot_inputs = False")
        self.probe_set = self.shared_sequences("probe", budget.probe_sequences)

    def train(self, trials: Sequence[Trial], on_block: Callable[[int], None] = lambda trial_steps: None) -> list[TrainedTrial]:
        """Train trials and return them in their order.

        All advance together, block by block, in groups of as many as a program holds. A trial that has diverged leaves at the end of its
        block, and the others close up. `on_block` is called after each block with the number of trial-steps that it trained, including those
        that diverged trials no longer need.
        """
        return Wave(self, trials).train(on_block)

    def draw(self, seed: int, block: int) -> Sequences:
        """Draw the training sequences of one seed for a block: inputs [step, T, B, F], targets [step, L, B] or [step, L, B, C]."""
        steps, batch = self.budget.evaluate_every, self.budget.batch_size
        drawn = checked(self.task, self.task.sample(steps * batch, "training", seed, block), "training")
        inputs = self.network_steps(drawn)
        targets = drawn.targets.reshape(steps, batch, *drawn.targets.shape[1:])
        return Sequences(inputs.reshape(steps, batch, *inputs.shape[1:]).swapaxes(1, 2), targets.swapaxes(1, 2))

    def network_steps(self, sequences: Sequences) -> NDArray[np.float32]:
        """Return the inputs of the time steps that the network is run over, [sequence, T, F]."""
        return sequences.inputs[:, list(self.task.loss_steps)] if gathers_loss_steps(self.model) else sequences.inputs

    def stack_seeds(self, drawn: Sequence[Sequences | None]) -> tuple[tf.Tensor, tf.Tensor]:
        """Return what `draw` returns for several seeds as inputs [step, T, S, B, F] and targets [step, L, S, B] or [step, L, S, B, C].

        Zeros are the padding in T, and the sequences of seeds that are not needed any more.
        """
        needed = {place: sequences for place, sequences in enumerate(drawn) if sequences}
        first = next(iter(needed.values()))
        steps, time_steps, batch, features = first.inputs.shape
        inputs = np.zeros([steps, self.shape.max_length, self.size.seeds, batch, features], np.float32)
        targets = np.zeros([*first.targets.shape[:2], self.size.seeds, *first.targets.shape[2:]], first.targets.dtype)
        for place, sequences in needed.items():
            inputs[:, :time_steps, place], targets[:, :, place] = sequences.inputs, sequences.targets
        return tf.constant(inputs), tf.constant(targets)

    def test_parts(self) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Return the test set in parts of the validation set's size, for which the program exists; the last one may be smaller."""
        parts = self.task.evaluation_parts("test", self.budget.test_sequences, self.budget.validation_sequences)
        return [self.to_tensors(checked(self.task, part, "test")) for part in parts]

    def evaluate(self, state: TrainState, settings: Settings, parts: Sequence[tuple[tf.Tensor, tf.Tensor]]) -> Evaluation:
        """Return loss and metric, [slot] each, on the sequences of all parts: inputs [T, 1, B, F] and targets [L, 1, B] or [L, 1, B, C] each.

        A loss is the mean of those of the parts, a smaller one weighted by its size; a metric is measured of all outputs at once.
        """
        with self.stopwatch.timed("evaluation"):
            evaluated = [self.programs.evaluate(state, settings, *part, self.length) for part in parts]
            weights = np.array([targets.shape[2] for _, targets in parts]) / parts[0][1].shape[2]  # exactly 1 where all are equal
            loss = np.average([part.loss.numpy().astype(np.float64) for part in evaluated], axis=0, weights=weights)
            outputs = np.concatenate([part.outputs.numpy() for part in evaluated], axis=2).swapaxes(0, 2)  # [B, slot, scored step, C]
            targets = np.concatenate([targets.numpy()[-self.shape.n_scored :, 0] for _, targets in parts], axis=1).swapaxes(0, 1)
            metric = [self.task.measure(outputs[:, slot], targets) for slot in range(outputs.shape[1])]
            return Evaluation(loss, np.array(metric, np.float32))  # in single precision, as the losses are

    def shared_sequences(self, purpose: Purpose, count: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the first `count` sequences of a fixed set, which all trials share; see `to_tensors`."""
        return self.to_tensors(checked(self.task, next(self.task.evaluation_parts(purpose, count, count)), purpose))

    def to_tensors(self, sequences: Sequences) -> tuple[tf.Tensor, tf.Tensor]:
        """Convert sequences that all trials share: inputs [T, 1, B, F], padded, and targets [L, 1, B] or [L, 1, B, C]."""
        inputs = self.network_steps(sequences).transpose(1, 0, 2)[:, None]
        inputs = np.pad(inputs, [(0, self.shape.max_length - len(inputs)), (0, 0), (0, 0), (0, 0)])
        return tf.constant(inputs), tf.constant(np.ascontiguousarray(sequences.targets.swapaxes(0, 1)[:, None]))
