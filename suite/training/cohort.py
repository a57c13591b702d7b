"""Trains the trials of one task, lag and model together, a fixed number of them at a time, with programs compiled once."""

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
from unvanish.suite.mitigations import Combination, in_order
from unvanish.suite.models import MODELS, Cell, KerasModel, Model, Weights
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.places import Places
from unvanish.suite.training.program_size import ProgramSize, groups, seeds_of
from unvanish.suite.training.programs import Block, Evaluation, Programs, State
from unvanish.suite.training.settings import Settings, settings_of
from unvanish.suite.training.stopwatch import Stopwatch
from unvanish.tasks import Sequences, Task
from unvanish.tasks.seeding import Purpose

Figures = dict[str, NDArray[np.floating]]  # [trial], or [steps back, trial], by name


class Measures(Protocol):
    """What measures inside networks; `unvanish.suite.probes.probing.Probing` does."""

    def measure(self, weights: dict[str, tf.Tensor], kept: dict[str, tf.Tensor], settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> Figures: ...


class CohortTrainer:
    """Trains trials of one task, lag and model, with some of the mitigations that its programs hold.

    `probing` is made of the task, the model and the network, and measures figures at the steps `probe_at`. `train` may be called for
    several phases; all share the compiled programs.
    """

    def __init__(
        self,
        task: Task,
        model: str,
        budget: Budget,
        size: ProgramSize,
        mitigations: Iterable[Combination],
        probing: Callable[[Task, Model, Network], Measures],
        probe_at: Sequence[int],
    ) -> None:
        self.task, self.model, self.budget, self.size = task, MODELS[model], budget, size
        self.places = Places(in_order(mitigations))
        packing = Packing.of(self.model.initial_weights(sizes_of(task, budget), seed=0))
        self.network = network_for(task, self.model, budget, self.places)
        self.programs = Programs(task, self.network, self.places, packing)
        self.probing, self.probe_at = probing(task, self.model, self.network), probe_at
        self.stopwatch = Stopwatch()
        self.validation = shared_set(task, "validation", budget.validation_sequences)
        self.probe_set = shared_set(task, "probe", budget.probe_sequences)

    def train(self, trials: Sequence[Trial], on_block: Callable[[int], None] = lambda trial_steps: None) -> list[TrainedTrial]:
        """What became of each trial, in their order. `on_block` hears the number of trial-steps after each block."""
        trained: dict[int, TrainedTrial] = {}
        for group in groups(trials, self.size.trials):
            trained |= dict(zip(map(id, group), self.train_together(group, on_block), strict=True))
        return [trained[id(trial)] for trial in trials]

    def train_together(self, trials: Sequence[Trial], on_block: Callable[[int], None]) -> list[TrainedTrial]:
        """Trains at most as many trials as a program holds; the results of those that fill empty places are dropped."""
        started = time.perf_counter()
        budget = self.budget
        seeds = seeds_of(trials)
        settings, state = self.begin(trials)
        blocks, evaluations, probes = [], [], [self.measure(state, settings)]
        for first_step in range(1, budget.steps + 1, budget.evaluate_every):
            with self.stopwatch.timed("drawing"):
                inputs, targets = self.training_block(seeds, (first_step - 1) // budget.evaluate_every)
            with self.stopwatch.timed("training"):
                state, block = self.programs.train(state, settings, inputs, targets, tf.constant(first_step))
                blocks.append(Block(*(figure.numpy() for figure in block)))
            evaluations.append(self.evaluate(state, settings, self.validation))
            if first_step - 1 + budget.evaluate_every in self.probe_at:
                probes.append(self.measure(state, settings))
            on_block(len(trials) * budget.evaluate_every)

        record = Record(
            steps=Block(*map(np.concatenate, zip(*blocks, strict=True))),
            validation=Evaluation(*map(np.stack, zip(*evaluations, strict=True))),
            end=self.test(state, settings) if trials[0].phase == "evaluate" else evaluations[-1],
            probes=probes,
            diverged_at=state.diverged_at.numpy(),
            weights=self.weights(state),
        )
        seconds = (time.perf_counter() - started) / len(trials)
        return [self.trained(trial, index, record, seconds) for index, trial in enumerate(trials)]

    def begin(self, trials: Sequence[Trial]) -> tuple[Settings, State]:
        """At most as many trials as a program holds, before their first step; empty places are filled with copies of the first."""
        members = [*trials, *[trials[0]] * (self.size.trials - len(trials))]
        sizes = sizes_of(self.task, self.budget)
        of_trials = [trial.condition.mitigations.initial_weights(self.model, sizes, trial.seed) for trial in members]
        kept = [self.model.first_kept(sizes, trial.seed) for trial in members]
        state = self.programs.start(stacked(of_trials), stacked(kept), self.budget.steps)
        return settings_of(members, self.places.mitigations, seeds_of(members)), state

    def training_block(self, seeds: Sequence[int], block: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Inputs [step, T, S, B, F] and targets [step, L, S, B] of a block; the unused seeds' places repeat the first."""
        steps, batch = self.budget.evaluate_every, self.budget.batch_size
        drawn = [self.task.sample(steps * batch, "training", seed, block) for seed in seeds]
        drawn += [drawn[0]] * (self.size.seeds - len(drawn))
        inputs = np.stack([sequences.inputs.reshape(steps, batch, *sequences.inputs.shape[1:]) for sequences in drawn], axis=1)
        targets = np.stack([sequences.targets.reshape(steps, batch, -1) for sequences in drawn], axis=1)
        return tf.constant(np.ascontiguousarray(inputs.transpose(0, 3, 1, 2, 4))), tf.constant(np.ascontiguousarray(targets.transpose(0, 3, 1, 2)))

    def weights(self, state: State) -> Weights:
        """[trial, ...] each, with what the networks keep beside them."""
        return {name: weight.numpy() for name, weight in (self.programs.packing.unpack(state.weights) | state.kept).items()}

    def measure(self, state: State, settings: Settings) -> Figures:
        with self.stopwatch.timed("probes"):
            return self.probing.measure(self.programs.packing.unpack(state.weights), state.kept, settings, *self.probe_set)

    def evaluate(self, state: State, settings: Settings, sequences: tuple[tf.Tensor, tf.Tensor]) -> Evaluation:
        with self.stopwatch.timed("evaluation"):
            return Evaluation(*(figure.numpy() for figure in self.programs.evaluate(state, settings, *sequences)))

    def test(self, state: State, settings: Settings) -> Evaluation:
        """On the test set, in parts of the validation set's size, for which the program exists; a smaller last part counts by its size."""
        parts = [on_device(part) for part in self.task.evaluation_parts("test", self.budget.test_sequences, self.budget.validation_sequences)]
        evaluations = [self.evaluate(state, settings, part) for part in parts]
        weights = np.array([targets.shape[2] for _, targets in parts]) / parts[0][1].shape[2]  # exactly 1 where all are equal
        return Evaluation(*(np.average(np.asarray(figures, np.float64), axis=0, weights=weights) for figures in zip(*evaluations, strict=True)))

    def trained(self, trial: Trial, index: int, record: Record, seconds: float) -> TrainedTrial:
        every = self.budget.evaluate_every
        diverged_at = int(record.diverged_at[index]) or None
        lived = slice(0, self.budget.steps if diverged_at is None else diverged_at - 1)
        norms, clipped = record.steps.gradient_norm[lived, index], record.steps.acted[lived, index]
        steps = np.arange(every, self.budget.steps + 1, every)
        alive = steps < (diverged_at or inf)
        loss, metric = (np.where(alive, figure[:, index], np.nan).astype(np.float64) for figure in record.validation)
        by_block = (self.budget.steps // every, every)
        # of the block in which a trial diverged, the steps before that still say how it came to it
        before = (np.arange(1, self.budget.steps + 1) < (diverged_at or inf)).reshape(by_block)

        def of_steps(figure: NDArray[Any]) -> NDArray[np.float64]:
            return np.where(before, figure[:, index].astype(np.float64).reshape(by_block), np.nan)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # blocks without such a step are not a number, as is meant
            gradient_norm, gradient_norm_median = (function(of_steps(record.steps.gradient_norm), axis=1) for function in (np.nanmax, np.nanmedian))
            update_ratio = np.nanmedian(of_steps(record.steps.update_ratio), axis=1)
        curve = Curve(
            step=steps,
            loss=loss,
            metric=metric,
            score=np.array([self.task.score(*figures) for figures in zip(loss, metric, strict=True)]),
            training_loss=np.where(alive, record.steps.loss[:, index].reshape(by_block).mean(axis=1, dtype=np.float64), np.nan),
            gradient_norm=gradient_norm,
            gradient_norm_median=gradient_norm_median,
            clipped_share=np.where(alive, record.steps.acted[:, index].reshape(by_block).mean(axis=1), np.nan),
            update_ratio=update_ratio,
        )
        return TrainedTrial(
            trial=trial,
            loss=float(record.end.loss[index]) if diverged_at is None else np.nan,
            metric=float(record.end.metric[index]) if diverged_at is None else np.nan,
            diverged_at=diverged_at,
            max_gradient_norm=float(norms.max(initial=0)),
            clipped_share=float(clipped.mean()) if clipped.size else 0.0,
            parameters=self.model.parameters(sizes_of(self.task, self.budget)),
            seconds=seconds,
            curve=curve,
            probes=self.probes(record, index),
            weights={name: weight[index] for name, weight in record.weights.items()},
        )

    def probes(self, record: Record, index: int) -> Probes:
        of_trial = {name: np.stack([probe[name][..., index] for probe in record.probes]).astype(np.float64) for name in record.probes[0]}
        return Probes(
            step=np.array(self.probe_at),
            figures={name: values for name, values in of_trial.items() if values.ndim == 1},
            by_step={name: values for name, values in of_trial.items() if values.ndim == 2},
        )


def network_for(task: Task, model: Model, budget: Budget, places: Places) -> Network:
    """The way to the gradients that a model has."""
    if isinstance(model, Cell):
        return CellNetwork(task, model, places)
    assert isinstance(model, KerasModel)
    return KerasNetwork(task, model, sizes_of(task, budget), places)


def stacked(of_trials: Sequence[dict[str, NDArray[Any]]]) -> dict[str, tf.Tensor]:
    """[trial, ...] each."""
    return {name: tf.constant(np.stack([of_trial[name] for of_trial in of_trials])) for name in of_trials[0]}


@dataclass(frozen=True)
class Record:
    """What training a cohort left behind, as NumPy arrays."""

    steps: Block  # [step, trial]
    validation: Evaluation  # [evaluation, trial]
    end: Evaluation  # [trial]
    probes: list[Figures]
    diverged_at: NDArray[np.int32]  # [trial]
    weights: Weights  # [trial, ...] each


def shared_set(task: Task, purpose: Purpose, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A fixed set of one part that all trials share: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return on_device(next(task.evaluation_parts(purpose, count, count)))


def on_device(sequences: Sequences) -> tuple[tf.Tensor, tf.Tensor]:
    """Sequences that all trials are shown: inputs [T, 1, B, F] and targets [L, 1, B]."""
    return tf.constant(np.ascontiguousarray(sequences.inputs.transpose(1, 0, 2)[:, None])), tf.constant(np.ascontiguousarray(sequences.targets.T[:, None]))
