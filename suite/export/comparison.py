"""The outputs of a Keras model against those of the network that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unvanish.suite.export.outputs import outputs_of
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.models import Cell

if TYPE_CHECKING:
    import keras

SEQUENCES, TIME_STEPS = 4, 4  # that a cell is compared on: each time step is computed in the same way, and a state is 0 at the first alone
ROUNDING = 1e-5  # of the largest output
NUDGE = 2.0**-20  # relative: some times the rounding of single precision, 2^-24
MAX_AMPLIFICATION = 4.0  # times what the nudge does


@dataclass(frozen=True)
class Comparison:
    """The largest difference of two sets of outputs, and the one that rounding explains; both relative to the largest output."""

    difference: float
    allowed: float

    @property
    def equal(self) -> bool:
        """Whether rounding explains the difference; never where one is not a number."""
        return self.difference <= self.allowed


def compare(network: TrainedNetwork, exported: keras.Model) -> Comparison:
    """Compare outputs for normally distributed inputs, on which every weight counts, and which need no data.

    A network with large weights amplifies rounding from step to step. How much is measured: inputs that differ by a few roundings from the
    first ones are computed too, and a difference of the order that they make is allowed.
    """
    task, time_steps = network.task, network.task.length
    if isinstance(network.model, Cell):
        time_steps = 1 if network.model.memoryless else min(time_steps, TIME_STEPS)
    random = np.random.default_rng(0)
    inputs = random.normal(size=(SEQUENCES, time_steps, task.input_size)).astype(np.float32)
    every_step = len(task.loss_steps) > 1 and not network.model.memoryless
    offsets = tuple(range(time_steps - 1, -1, -1)) if every_step else (0,)
    with np.errstate(over="ignore", invalid="ignore"):
        expected, nudged = np.split(outputs_of(network, np.concatenate([inputs, inputs * np.float32(1 + NUDGE)]), offsets), 2)
        found = np.asarray(exported(inputs[:, 0] if network.model.memoryless else inputs)).reshape(expected.shape)
        size = np.abs(expected[np.isfinite(expected)]).max(initial=np.finfo(np.float32).tiny)
        both_overflow = ~np.isfinite(expected) & ~np.isfinite(found)
        difference = np.where(both_overflow, 0.0, np.abs(found.astype(float) - expected)).max() / size
        amplified = np.nan_to_num(np.abs(nudged.astype(float) - expected), posinf=0.0).max() / size
    return Comparison(float(difference), max(ROUNDING, MAX_AMPLIFICATION * float(amplified)))
