"""The compiled program that measures all probes of a cohort, and the training steps at which it runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.models import Model
from unvanish.suite.probes import PROBES
from unvanish.suite.probes.measurement.context import ProbeContext
from unvanish.suite.training.network import Network
from unvanish.suite.training.program_cache import MAX_PROGRAMS
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class ProbeProgram:
    """The probes of one task, model and network as one compiled program.

    It runs a dozen times only, so compiling it takes a second longer than it saves. But the order in which TensorFlow's own
    operations sum depends on a trial's index among the others; that of compiled ones does not.
    """

    def __init__(self, task: TaskShape, model: Model, network: Network) -> None:
        self.task, self.model, self.network = task, model, network
        self.program = tf.function(self._program, jit_compile=True, autograph=False)

    def _program(
        self, weights: Tensors, non_trainable: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, length: tf.Tensor
    ) -> Mapping[str, tf.Tensor]:
        context = ProbeContext(self.task, self.network, weights, non_trainable, settings, inputs, targets, length)
        return {name: figure for probe in PROBES if probe.measure for name, figure in probe.measure(context).items()}

    def measure(
        self, weights: Tensors, non_trainable: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, length: tf.Tensor
    ) -> dict[str, NDArray[np.floating]]:
        """Return figures [E], or [steps back, E], by name, on sequences [T, 1, B, F] with targets [L, 1, B] or [L, 1, B, C] that all trials share.

        The first `length` time steps are the sequences, others are padding.
        """
        compiled = {name: figure.numpy() for name, figure in self.program(weights, non_trainable, settings, inputs, targets, length).items()}
        host_weights = {name: weight.numpy() for name, weight in weights.items()}
        on_host = {name: figure for probe in PROBES if probe.measure_weights for name, figure in probe.measure_weights(self.model, host_weights).items()}
        return {name: figure[: int(length)][::-1] if figure.ndim == 2 else figure for name, figure in compiled.items()} | on_host


def probe_program(task: TaskShape, model: Model, network: Network) -> ProbeProgram:
    """Return the probes of a network as a program, which is made once a network, and anew where other probes are registered."""
    return cached_probe_program(task, model, network, tuple(map(id, PROBES)))


@lru_cache(maxsize=MAX_PROGRAMS)
def cached_probe_program(task: TaskShape, model: Model, network: Network, registered: tuple[int, ...]) -> ProbeProgram:
    """Return a new program for these registered probes, or the one that was made before."""
    return ProbeProgram(task, model, network)


def probe_steps(steps: int, evaluate_every: int, count: int = 13) -> list[int]:
    """Return the training steps after which probes are measured: 0, and the evaluations nearest to a logarithmic grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
