"""The outputs of one trained network, by the same functions that compute those of a whole cohort."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import ordered_mitigations
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.program_cache import network_for
from unvanish.suite.training.settings import make_settings
from unvanish.suite.training.task_shape import TaskShape, gathers_loss_steps


def outputs_of(network: TrainedNetwork, inputs: NDArray[np.float32], loss_offsets: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the outputs at some time steps, each counted back from the last one: [sequence, time, input] -> [sequence, time step, output].

    They are not compiled: a program would take longer to compile than most inputs take to compute.
    """
    if gathers_loss_steps(network.model):
        inputs = inputs[:, [inputs.shape[1] - 1 - offset for offset in loss_offsets]]
        loss_offsets = tuple(range(len(loss_offsets) - 1, -1, -1))
    # inputs need not be one-hot where those of the task are
    shape = replace(TaskShape.of(network.task, network.model), max_length=inputs.shape[1], loss_offsets=loss_offsets, one_hot=False)
    mitigations = ordered_mitigations([network.mitigations])
    settings = make_settings(
        [network.mitigations], mitigations, learning_rates=[0.0], seeds=[network.seed], sequence_indices=[0], lags=[network.lag], steps=network.steps
    )
    variables = {name: tf.constant(weight[None]) for name, weight in network.weights.items()}
    programs = network_for(shape, network.model, network.sizes, Hooks(mitigations))
    given = tf.constant(np.ascontiguousarray(inputs.transpose(1, 0, 2))[:, None])  # [T, S, B, F]
    context = settings.evaluation_context(tf.constant(inputs.shape[1]))
    outputs = programs.outputs(variables, variables, settings, context, given)  # [L, E, B, C]
    return outputs[:, 0].numpy().transpose(1, 0, 2)
