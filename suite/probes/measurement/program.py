"""The compiled program that measures all probes of a cohort, and the training steps at which it runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite import plugins
from unvanish.suite.mitigations import HookError
from unvanish.suite.models import Model
from unvanish.suite.probes import PROBES, Probe
from unvanish.suite.probes.measurement.context import ProbeContext
from unvanish.suite.training.network import Network
from unvanish.suite.training.program_cache import MAX_PROGRAMS
from unvanish.suite.training.settings import Settings, Tensors
from unvanish.suite.training.task_shape import TaskShape


class ProbeProgram:
    """The probes of one task, model and network as one compiled program.

    It runs a dozen times only, so compiling it takes a second longer than it saves. But the order in which TensorFlow's own
    operations sum depends on a trial's index among the others; that of compiled ones does not.

    A probe that raises, or returns figures of another shape than `Probe` allows, is left out from then on: its figures are missing, and `failures`
    has the reason by its name. An error of a mitigation's hook is none of a probe.
    """

    def __init__(self, task: TaskShape, model: Model, network: Network) -> None:
        self.task, self.model, self.network = task, model, network
        self.failures: dict[str, str] = {}
        self.program = self.compiled([probe for probe in PROBES if probe.measure])

    def compiled(self, probes: list[Probe]) -> Any:
        """Return a program that measures these probes."""

        def program(
            weights: Tensors, non_trainable: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, length: tf.Tensor
        ) -> Mapping[str, tf.Tensor]:
            context = ProbeContext(self.task, self.network, weights, non_trainable, settings, inputs, targets, length)
            trials, time_steps = settings.seed.shape[0], inputs.shape[0]
            parts = [self.figures(probe, [(trials,), (time_steps, trials)], probe.measure, context) for probe in probes]
            return {name: figure for part in parts for name, figure in part.items()}

        return tf.function(program, jit_compile=True, autograph=False)

    def figures(self, probe: Probe, shapes: list[tuple[int, ...]], measure: Any, *given: Any) -> Mapping[str, Any]:
        """Return the figures of a probe, of one of these shapes each; none where it fails or has failed before."""
        if probe.name in self.failures:
            return {}
        try:
            figures = measure(*given)
            for name, figure in figures.items():
                if figure.shape not in shapes:
                    expected = " or ".join(str(list(shape)) for shape in shapes)
                    raise ValueError(f"its figure {name} has the shape {figure.shape}; it must be {expected}")
        except HookError:
            raise
        except Exception as error:  # whatever the probe raises
            self.failures[probe.name] = plugins.reason_of(error)
            return {}
        return figures

    def measure(
        self, weights: Tensors, non_trainable: Tensors, settings: Settings, inputs: tf.Tensor, targets: tf.Tensor, length: tf.Tensor
    ) -> dict[str, NDArray[np.floating]]:
        """Return figures [E], or [steps back, E], by name, on sequences [T, 1, B, F] with targets [L, 1, B] or [L, 1, B, C] that all trials share.

        The first `length` time steps are the sequences, others are padding.
        """
        measured = self.run(weights, non_trainable, settings, inputs, targets, length)
        host_weights = {name: weight.numpy() for name, weight in weights.items()}
        trials = settings.seed.shape[0]
        parts = [self.figures(probe, [(trials,)], probe.measure_weights, self.model, host_weights) for probe in PROBES if probe.measure_weights]
        on_host = {name: figure for part in parts for name, figure in part.items()}
        missing = {name: np.full(trials, np.nan) for probe in PROBES if probe.measure_weights and probe.name in self.failures for name in probe.series}
        return {name: figure[: int(length)][::-1] if figure.ndim == 2 else figure for name, figure in measured.items()} | on_host | missing

    def run(self, *given: Any) -> dict[str, NDArray[np.floating]]:
        """Run the program; where it cannot be compiled or run, find the probes that cannot by themselves, and go on without them."""
        try:
            return to_numpy(self.program(*given))
        except HookError:
            raise
        except Exception:  # of which probe is not known, since all are one program
            probes = [probe for probe in PROBES if probe.measure]
            for probe in probes:
                try:
                    to_numpy(self.compiled([probe])(*given))
                except Exception as error:
                    self.failures[probe.name] = plugins.reason_of(error)
            self.program = self.compiled(probes)
            return to_numpy(self.program(*given))


def to_numpy(figures: Mapping[str, tf.Tensor]) -> dict[str, NDArray[np.floating]]:
    """Return tensors as arrays."""
    return {name: figure.numpy() for name, figure in figures.items()}


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
