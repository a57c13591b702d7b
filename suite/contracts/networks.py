"""Small networks that contracts are checked on: a few trials of a model on a task, run operation by operation or compiled.

Operation by operation takes a fraction of a second where compiling takes several, and an error of a plug-in has its own line.
Axes: T time, S seed, B batch, F input, E trial, L loss step, C output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.mitigations import Combination, find, ordered_mitigations
from unvanish.suite.models import Model, Sizes
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.program_cache import network_for
from unvanish.suite.training.programs import Programs
from unvanish.suite.training.settings import Settings, Tensors, make_settings
from unvanish.suite.training.task_shape import TaskShape, gathers_loss_steps
from unvanish.tasks import Task

HIDDEN, BATCH = 8, 4
RATE = 1024.0  # a step at a rate that is a power of two and large loses nothing of the gradient: (w - (w - 1024 g)) / 1024


class OneStep(NamedTuple):
    """One training step of some trials."""

    loss: NDArray[np.float32]  # [trial]
    gradients: dict[str, NDArray[np.float64]]  # [trial, ...] each


@dataclass(frozen=True)
class Networks:
    """Trials of a model on a task, each with a mitigation of its own and initial weights that were moved away from their start."""

    task: Task
    shape: TaskShape
    model: Model
    combinations: tuple[Combination, ...]
    programs: Programs
    settings: Settings
    weights: Tensors  # [trial, ...] each
    non_trainable: Tensors  # likewise

    def trials(self, chosen: Sequence[int]) -> Networks:
        """Return some of the trials, in this order."""

        def choose(tensors: Any) -> Any:
            return tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen), tensors)

        combinations = tuple(self.combinations[index] for index in chosen)
        return replace(self, combinations=combinations, settings=choose(self.settings), weights=choose(self.weights), non_trainable=choose(self.non_trainable))

    def outputs(self, inputs: tf.Tensor, weights: Tensors | None = None) -> tf.Tensor:
        """Return the outputs in inference mode, [T, S, B, F] -> [L, E, B, C]."""
        context = self.settings.evaluation_context(tf.constant(inputs.shape[0]))
        return self.programs.network.outputs(weights or self.weights, self.non_trainable, self.settings, context, inputs)

    def one_step(self, inputs: tf.Tensor, targets: tf.Tensor) -> OneStep:
        """Train one step and return loss and gradients; inputs [T, S, B, F], targets [L, S, B]. No mitigation may act on gradient or update."""
        length = tf.constant(inputs.shape[0])
        state = self.programs.initial_state(self.weights, self.non_trainable, self.settings, length)
        after, metrics = self.programs.train(state, self.settings, inputs[None], targets[None], length, tf.constant(1), length)
        moved = (state.weights.numpy().astype(np.float64) - after.weights.numpy()) / RATE
        shapes = self.programs.packing.shapes
        parts = np.split(moved, np.cumsum([int(np.prod(shape)) for shape in shapes.values()])[:-1], axis=1)
        gradients = {name: part.reshape(-1, *shape) for part, (name, shape) in zip(parts, shapes.items(), strict=True)}
        return OneStep(metrics.loss.numpy()[0], gradients)


def small_networks(task: Task, model: Model, mitigations: Sequence[str], seeds: Sequence[int] | None = None, hidden: int = HIDDEN) -> Networks:
    """Return a trial for each mitigation, with sequences of its own.

    Inputs count as any numbers, not as one-hot, and each time step has an output where the task has a loss at each.
    """
    combinations = tuple(map(find, mitigations))
    seeds = seeds or list(range(1, len(mitigations) + 1))
    sizes = Sizes(task.input_size, hidden, task.output_size, task.length)
    shape = replace(TaskShape.of(task, model), one_hot=False)
    hooks = Hooks(ordered_mitigations(combinations))
    initial = [model.initial_weights(sizes, seed) for seed in seeds]
    random = np.random.default_rng(5)
    moved = [{name: weight + 0.2 * random.normal(size=weight.shape).astype(np.float32) for name, weight in weights.items()} for weights in initial]
    non_trainable = [model.initial_non_trainable(sizes, seed) for seed in seeds]
    count = len(seeds)
    settings = make_settings(combinations, hooks.mitigations, [RATE] * count, list(seeds), list(range(count)), lags=[task.lag] * count, steps=1)
    programs = Programs(shape, network_for(shape, model, sizes, hooks), hooks, Packing.for_weights(initial[0]))
    return Networks(task, shape, model, combinations, programs, settings, stacked(moved), stacked(non_trainable))


def stacked(trials: Sequence[dict[str, NDArray[Any]]]) -> Tensors:
    """Stack the arrays of trials along a trial axis."""
    return {name: tf.constant(np.stack([trial[name] for trial in trials])) for name in trials[0]}


def training_batch(task: Task, model: Model, seeds: Sequence[int], batch: int = BATCH) -> tuple[tf.Tensor, tf.Tensor]:
    """Return training sequences of each seed: inputs [T, S, B, F], of the time steps that the model is run over, and targets [L, S, B]."""
    drawn = [task.sample(batch, "training", seed) for seed in seeds]
    inputs = np.stack([sequences.inputs for sequences in drawn]).transpose(2, 0, 1, 3)
    targets = np.stack([sequences.targets for sequences in drawn]).transpose(2, 0, 1)
    if gathers_loss_steps(model):
        inputs = inputs[list(task.loss_steps)]
    return tf.constant(np.ascontiguousarray(inputs)), tf.constant(np.ascontiguousarray(targets))


@contextmanager
def operation_by_operation() -> Iterator[None]:
    """Run programs without compiling them."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
