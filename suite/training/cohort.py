"""Train the trials of one task, lag and model together, as many at a time as their compiled programs hold."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import Budget, sizes_of
from unvanish.suite.experiment.trial import Curve, Probes, TrainedTrial, Trial
from unvanish.suite.mitigations import Combination, ordered_mitigations
from unvanish.suite.models import MODELS, Cell, KerasModel, Model, Weights
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.program_size import ProgramSize, distinct_seeds, group_by_seed
from unvanish.suite.training.programs import BlockMetrics, Evaluation, Programs, TrainState
from unvanish.suite.training.settings import Settings, settings_of_trials
from unvanish.suite.training.stopwatch import Stopwatch
from unvanish.tasks import Sequences, Task
from unvanish.tasks.seeding import Purpose

ProbeValues = dict[str, NDArray[np.floating]]  # [trial], or [steps back, trial], by name


class ProbeRunner(Protocol):
    """Measures inside networks; `unvanish.suite.probes.measurement.program.ProbeProgram` implements it."""

    def measure(
        self, weights: dict[str, tf.Tensor], non_trainable: dict[str, tf.Tensor], settings: Settings, inputs: tf.Tensor, targets: tf.Tensor
    ) -> ProbeValues: ...


@dataclass(frozen=True)
class CohortRecord:
    """All that was recorded while trials trained side by side, as NumPy arrays."""

    steps: BlockMetrics  # [step, trial]
    validation: Evaluation  # [evaluation, trial]
    end: Evaluation  # [trial], on the test set (evaluate) or the validation set (tune)
    probes: list[ProbeValues]
    diverged_at: NDArray[np.int32]  # [trial]
    weights: Weights  # [trial, ...] each


class CohortTrainer:
    """Trains trials of one task, lag and model, with mitigations out of those that its programs contain.

    `probe_runner` is constructed with the task, the model and the network, and measures after the steps `probe_at`. `train` may be
    called for several phases, which share the compiled programs.
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
        """Train trials and return them in their order. `on_block` is called with the number of trial-steps after each block."""
        trained: dict[int, TrainedTrial] = {}
        for group in group_by_seed(trials, self.size.trials):
            trained |= dict(zip(map(id, group), self.train_together(group, on_block), strict=True))
        return [trained[id(trial)] for trial in trials]

    def train_together(self, trials: Sequence[Trial], on_block: Callable[[int], None]) -> list[TrainedTrial]:
        """Train at most as many trials as a program holds."""
        started = time.perf_counter()
        budget = self.budget
        seeds = distinct_seeds(trials)
        settings, state = self.initial_state(trials)
        blocks, evaluations, probes = [], [], [self.measure(state, settings)]
        for first_step in range(1, budget.steps + 1, budget.evaluate_every):
            with self.stopwatch.timed("drawing"):
                inputs, targets = self.training_block(seeds, (first_step - 1) // budget.evaluate_every)
            with self.stopwatch.timed("training"):
                state, block = self.programs.train(state, settings, inputs, targets, tf.constant(first_step))
                blocks.append(BlockMetrics(*(metric.numpy() for metric in block)))
            evaluations.append(self.evaluate(state, settings, self.validation_set))
            if first_step - 1 + budget.evaluate_every in self.probe_at:
                probes.append(self.measure(state, settings))
            on_block(len(trials) * budget.evaluate_every)

        record = CohortRecord(
            steps=BlockMetrics(*map(np.concatenate, zip(*blocks, strict=True))),
            validation=Evaluation(*map(np.stack, zip(*evaluations, strict=True))),
            end=self.evaluate_end(trials, state, settings, evaluations[-1]),
            probes=probes,
            diverged_at=state.diverged_at.numpy(),
            weights=self.variables(state),
        )
        seconds = (time.perf_counter() - started) / len(trials)
        return [self.trained_trial(trial, index, record, seconds) for index, trial in enumerate(trials)]

    def initial_state(self, trials: Sequence[Trial]) -> tuple[Settings, TrainState]:
        """Return the settings and the state before the first step; a program's unused trials are copies of the first, and are discarded."""
        padded = [*trials, *[trials[0]] * (self.size.trials - len(trials))]
        sizes = sizes_of(self.task, self.budget)
        weights = [trial.condition.mitigations.initial_weights(self.model, sizes, trial.seed) for trial in padded]
        non_trainable = [self.model.initial_non_trainable(sizes, trial.seed) for trial in padded]
        state = self.programs.initial_state(stack_trials(weights), stack_trials(non_trainable), self.budget.steps)
        return settings_of_trials(padded, self.hooks.mitigations, distinct_seeds(trials)), state

    def training_block(self, seeds: Sequence[int], block: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Draw the inputs [step, T, S, B, F] and targets [step, L, S, B] of a block; a program's unused seeds repeat the first."""
        steps, batch = self.budget.evaluate_every, self.budget.batch_size
        drawn = [self.task.sample(steps * batch, "training", seed, block) for seed in seeds]
        drawn += [drawn[0]] * (self.size.seeds - len(drawn))
        inputs = np.stack([sequences.inputs.reshape(steps, batch, *sequences.inputs.shape[1:]) for sequences in drawn], axis=1)
        targets = np.stack([sequences.targets.reshape(steps, batch, -1) for sequences in drawn], axis=1)
        return tf.constant(np.ascontiguousarray(inputs.transpose(0, 3, 1, 2, 4))), tf.constant(np.ascontiguousarray(targets.transpose(0, 3, 1, 2)))

    def variables(self, state: TrainState) -> Weights:
        """Return the weights and non-trainable variables of the networks, [trial, ...] each."""
        return {name: variable.numpy() for name, variable in (self.programs.packing.unpack(state.weights) | state.non_trainable).items()}

    def measure(self, state: TrainState, settings: Settings) -> ProbeValues:
        """Measure all probes on the probe sequences."""
        with self.stopwatch.timed("probes"):
            return self.probe_runner.measure(self.programs.packing.unpack(state.weights), state.non_trainable, settings, *self.probe_set)

    def evaluate(self, state: TrainState, settings: Settings, sequences: tuple[tf.Tensor, tf.Tensor]) -> Evaluation:
        """Return loss and metric, [trial] each, on inputs [T, 1, B, F] and targets [L, 1, B]."""
        with self.stopwatch.timed("evaluation"):
            return Evaluation(*(metric.numpy() for metric in self.programs.evaluate(state, settings, *sequences)))

    def evaluate_end(self, trials: Sequence[Trial], state: TrainState, settings: Settings, validation: Evaluation) -> Evaluation:
        """Evaluate the trained trials, [trial]: of evaluation trials on the test set, while tuning trials keep the last `validation`."""
        evaluated = np.array([trial.phase == "evaluate" for trial in trials] + [False] * (self.size.trials - len(trials)))
        if not evaluated.any():
            return validation
        test = self.evaluate_test_set(state, settings)
        return Evaluation(*(np.where(evaluated, *values) for values in zip(test, validation, strict=True)))

    def evaluate_test_set(self, state: TrainState, settings: Settings) -> Evaluation:
        """Evaluate the test set in parts of the validation set's size, for which the program exists; a smaller last part is weighted by its size."""
        parts = [to_tensors(part) for part in self.task.evaluation_parts("test", self.budget.test_sequences, self.budget.validation_sequences)]
        evaluations = [self.evaluate(state, settings, part) for part in parts]
        weights = np.array([targets.shape[2] for _, targets in parts]) / parts[0][1].shape[2]  # exactly 1 where all are equal
        return Evaluation(*(np.average(np.asarray(values, np.float64), axis=0, weights=weights) for values in zip(*evaluations, strict=True)))

    def trained_trial(self, trial: Trial, index: int, record: CohortRecord, seconds: float) -> TrainedTrial:
        """Return one trial of a record."""
        diverged_at = int(record.diverged_at[index]) or None
        finite_steps = slice(0, self.budget.steps if diverged_at is None else diverged_at - 1)
        norms, changed = record.steps.gradient_norm[finite_steps, index], record.steps.gradient_changed[finite_steps, index]
        probe_values = {name: np.stack([values[name][..., index] for values in record.probes]).astype(np.float64) for name in record.probes[0]}
        return TrainedTrial(
            trial=trial,
            loss=float(record.end.loss[index]) if diverged_at is None else np.nan,
            metric=float(record.end.metric[index]) if diverged_at is None else np.nan,
            diverged_at=diverged_at,
            max_gradient_norm=float(norms.max(initial=0)),
            clipped_share=float(changed.mean()) if changed.size else 0.0,
            parameters=self.model.parameters(sizes_of(self.task, self.budget)),
            seconds=seconds,
            curve=self.curve(index, record, diverged_at or inf),
            probes=Probes(
                step=np.array(self.probe_at),
                figures={name: values for name, values in probe_values.items() if values.ndim == 1},
                by_step={name: values for name, values in probe_values.items() if values.ndim == 2},
            ),
            weights={name: weight[index] for name, weight in record.weights.items()},
        )

    def curve(self, index: int, record: CohortRecord, diverged_at: float) -> Curve:
        """Return the learning curve of one trial of a record; `diverged_at` is infinite where it did not diverge."""
        every = self.budget.evaluate_every
        steps = np.arange(every, self.budget.steps + 1, every)
        finite = steps < diverged_at
        loss, metric = (np.where(finite, values[:, index], np.nan).astype(np.float64) for values in record.validation)
        by_block = (self.budget.steps // every, every)
        # the block in which a trial diverged keeps the steps before that, which show how it diverged
        before_divergence = (np.arange(1, self.budget.steps + 1) < diverged_at).reshape(by_block)

        def finite_values(metric: NDArray[Any]) -> NDArray[np.float64]:
            return np.where(before_divergence, metric[:, index].astype(np.float64).reshape(by_block), np.nan)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a block without such a step is NaN, as is meant
            gradient_norms = finite_values(record.steps.gradient_norm)
            gradient_norm, gradient_norm_median = np.nanmax(gradient_norms, axis=1), np.nanmedian(gradient_norms, axis=1)
            update_ratio = np.nanmedian(finite_values(record.steps.update_ratio), axis=1)
        return Curve(
            step=steps,
            loss=loss,
            metric=metric,
            score=np.array([self.task.score(*values) for values in zip(loss, metric, strict=True)]),
            training_loss=np.where(finite, record.steps.loss[:, index].reshape(by_block).mean(axis=1, dtype=np.float64), np.nan),
            gradient_norm=gradient_norm,
            gradient_norm_median=gradient_norm_median,
            clipped_share=np.where(finite, record.steps.gradient_changed[:, index].reshape(by_block).mean(axis=1), np.nan),
            update_ratio=update_ratio,
        )


def network_for(task: Task, model: Model, budget: Budget, hooks: Hooks) -> Network:
    """Return the network of a model on a task."""
    if isinstance(model, Cell):
        return CellNetwork(task, model, hooks)
    assert isinstance(model, KerasModel)
    return KerasNetwork(task, model, sizes_of(task, budget), hooks)


def stack_trials(trials: Sequence[dict[str, NDArray[Any]]]) -> dict[str, tf.Tensor]:
    """Stack the arrays of trials, [...] each, to tensors [trial, ...]."""
    return {name: tf.constant(np.stack([trial[name] for trial in trials])) for name in trials[0]}


def shared_sequences(task: Task, purpose: Purpose, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the first `count` sequences of a fixed set, which all trials share: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return to_tensors(next(task.evaluation_parts(purpose, count, count)))


def to_tensors(sequences: Sequences) -> tuple[tf.Tensor, tf.Tensor]:
    """Convert sequences that all trials share: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return tf.constant(np.ascontiguousarray(sequences.inputs.transpose(1, 0, 2)[:, None])), tf.constant(np.ascontiguousarray(sequences.targets.T[:, None]))
