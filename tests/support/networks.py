"""Networks of a few trials for tests, each with a mitigation of its own."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from unvanish.suite.experiment.plan import Budget
from unvanish.suite.mitigations import StepContext, find, ordered_mitigations
from unvanish.suite.models import MODELS, Model, Sizes
from unvanish.suite.probes.measurement.program import ProbeProgram
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.network import LossAndGradients, Network
from unvanish.suite.training.program_cache import network_for
from unvanish.suite.training.settings import Settings, make_settings
from unvanish.suite.training.task_shape import TaskShape, gathers_loss_steps
from unvanish.tasks import Task
from unvanish.tasks.seeding import Purpose, generator


def budget(hidden: int) -> Budget:
    """Return a budget with a number of hidden units; its other values are arbitrary."""
    return Budget(hidden, 8, 8, 8, 8, 8, 8, (1,), (2,))


def sizes(task: Task, hidden: int) -> Sizes:
    """Return the sizes of a network for a task."""
    return Sizes(task.input_size, hidden, task.output_size, task.length)


def hooks_and_settings(
    names: Sequence[str], rate: float = 0.1, sequence_indices: Sequence[int] | None = None, lag: int = 1, steps: int = 100
) -> tuple[Hooks, Settings]:
    """Return the hooks and settings of one trial a name, with the mitigation of that name; the seeds are 0, 1, ..."""
    combinations = [find(name) for name in names]
    hooks = Hooks(ordered_mitigations(combinations))
    indices = sequence_indices if sequence_indices is not None else [0] * len(names)
    return hooks, make_settings(combinations, hooks.mitigations, [rate] * len(names), list(range(len(names))), indices, [lag] * len(names), steps)


def stacked(trials: Sequence[dict[str, np.ndarray]]) -> dict[str, tf.Tensor]:
    """Stack the weights of trials along a trial axis."""
    return {name: tf.constant(np.stack([trial[name] for trial in trials])) for name in trials[0]}


def network(task: Task, model: Model, hidden: int, names: Sequence[str], sequence_indices: Sequence[int] | None = None) -> tuple[Network, Settings]:
    """Return a network of trials with these mitigations, and their settings."""
    hooks, settings = hooks_and_settings(names, sequence_indices=sequence_indices, lag=task.lag)
    return network_for(TaskShape.of(task, model), model, sizes(task, hidden), hooks), settings


def training_batch(task: Task, batch: int, seeds: Sequence[int] = (1,)) -> tuple[tf.Tensor, tf.Tensor]:
    """Return training sequences of each seed: inputs [T, S, B, F] and targets [L, S, B], or [L, S, B, C] of a regression."""
    drawn = [task.draw(generator("training", seed), batch) for seed in seeds]
    arrays = np.stack([sequences.inputs for sequences in drawn]), np.stack([sequences.targets for sequences in drawn])
    inputs, targets = (tf.constant(np.ascontiguousarray(np.moveaxis(array, 2, 0))) for array in arrays)
    return inputs, targets


def shared_sequences(task: Task, purpose: Purpose, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the first `count` sequences of a fixed set: inputs [T, 1, B, F] and targets [L, 1, B], or [L, 1, B, C] of a regression."""
    sequences = next(task.evaluation_parts(purpose, count, count))
    return tf.constant(sequences.inputs.swapaxes(0, 1)[:, None]), tf.constant(sequences.targets.swapaxes(0, 1)[:, None])


def step_context(settings: Settings, step: int = 1, length: int = 1) -> StepContext:
    """Return the context of a training step over sequences of `length` time steps."""
    return settings.training_context(tf.constant(step), tf.constant(length))


def loss_and_gradients(
    network: Network, settings: Settings, weights: dict[str, tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor, step: int = 1
) -> LossAndGradients:
    """Run one training step's forward and backward pass, without compiling it."""
    inputs = network_inputs(network, inputs)
    workspace, length = network.workspace(weights, inputs), inputs.shape[0]
    return network.loss_and_gradients(weights, {}, settings, step_context(settings, step, length), inputs, targets, workspace, tf.constant(length))


def outputs(network: Network, settings: Settings, weights: dict[str, tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
    """Return the outputs in inference mode, [L, E, B, C]."""
    inputs = network_inputs(network, inputs)
    return network.outputs(weights, {}, settings, settings.evaluation_context(tf.constant(inputs.shape[0])), inputs)


def network_inputs(network: Network, inputs: tf.Tensor) -> tf.Tensor:
    """Return the time steps that a network is run over: those with a loss alone, if it is a cell without memory."""
    if not (isinstance(network, CellNetwork) and gathers_loss_steps(network.cell)):
        return inputs
    return tf.gather(inputs, [inputs.shape[0] - 1 - offset for offset in network.task.loss_offsets])


def probed(task: Task, model: str, weights: dict[str, tf.Tensor], names: Sequence[str], batch: int) -> dict[str, np.ndarray]:
    """Measure all probes of trials with weights [E, ...] and mitigations: [E] or [steps back, E] by name."""
    hidden = weights["output_kernel"].shape[1]
    trials, settings = network(task, MODELS[model], hidden, names)
    inputs, targets = shared_sequences(task, "probe", batch)
    inputs = network_inputs(trials, inputs)
    shape = TaskShape.of(task, MODELS[model])
    return ProbeProgram(shape, MODELS[model], trials).measure(weights, {}, settings, inputs, targets, tf.constant(inputs.shape[0]))
