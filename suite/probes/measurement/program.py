"""All probes of a cohort at once: one compiled program, and when it is run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.models import Model
from unvanish.suite.probes import PROBES
from unvanish.suite.probes.measurement.context import Seen
from unvanish.suite.training.network import Network
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.tasks import Task


class Probing:
    """The probes of one task, model and network as one compiled program.

    It is run some dozen times only, so that compiling it takes a second longer than it saves; but TensorFlow's own operations sum in an order
    that depends on a trial's place among the others, and compiled ones do not.
    """

    def __init__(self, task: Task, model: Model, network: Network) -> None:
        self.task, self.model, self.network = task, model, network
        self.inside = tf.function(self._inside, jit_compile=True, autograph=False)

    def _inside(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> Mapping[str, tf.Tensor]:
        seen = Seen(self.task, self.network, weights, kept, settings, inputs, targets)
        return {name: figure for probe in PROBES if probe.measure for name, figure in probe.measure(seen).items()}

    def measure(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor) -> dict[str, NDArray[np.floating]]:
        """Figures [E], or [steps back, E], by name; on sequences [T, 1, B, F] with targets [L, 1, B] that all trials are shown."""
        inside = {name: figure.numpy() for name, figure in self.inside(weights, kept, settings, inputs, targets).items()}
        on_host = {name: weight.numpy() for name, weight in weights.items()}
        of_weights = {name: figure for probe in PROBES if probe.of_weights for name, figure in probe.of_weights(self.model, on_host).items()}
        return {name: figure[::-1] if figure.ndim == 2 else figure for name, figure in inside.items()} | of_weights


def probe_steps(steps: int, evaluate_every: int, count: int = 13) -> list[int]:
    """The steps after which is measured: before the first, and at evaluations nearest to a log grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
