"""A task with two real targets: the last number of a list, which needs no memory, and the mean of the list, which does."""

from dataclasses import dataclass
from math import erf, sqrt
from typing import ClassVar

import numpy as np

from unvanish.tasks import Sequences, StepDescription, Task

SCALE = 0.5  # standard deviation of the numbers


@dataclass(frozen=True)
class LastAndMean(Task):
    """Normal numbers; both targets are asked for at the end.

    Who sees the last of n numbers alone knows the first target, and of the second all but the mean of the others: (n - 1) / n times SCALE / sqrt(n - 1).
    """

    name: ClassVar[str] = "last_and_mean"
    summary: ClassVar[str] = "the last number of a list and the mean of all"
    reference: ClassVar[str] = "linear regression"
    position: ClassVar[int] = 51
    default_lag: ClassVar[int] = 2
    kind: ClassVar = "regression"
    metric: ClassVar[str] = "within_tolerance"
    tolerance: ClassVar[tuple[float, ...]] = (0.2, 0.1)
    solved_at_metric: ClassVar[float] = 0.9
    input_size, output_size = 1, 2
    input_names, output_names = ("number",), ("last number", "mean")

    @property
    def length(self) -> int:
        return self.lag + 1

    @property
    def information_distance(self) -> int:
        return 1

    @property
    def unknown(self) -> float:
        """The standard deviation of the mean around what the last number says of it."""
        return SCALE * sqrt(self.lag) / self.length

    @property
    def baseline_loss(self) -> float:
        return self.unknown**2 / 2

    @property
    def baseline_metric(self) -> float:
        return erf(self.tolerance[1] / self.unknown / sqrt(2))

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        numbers = random.normal(scale=SCALE, size=(count, self.length)).astype(np.float32)
        return Sequences(numbers[..., None], np.stack([numbers[:, -1], numbers.mean(axis=1)], axis=-1)[:, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        last, mean = sequences.targets[index, 0]
        answer = f"last {last:.2f}, mean {mean:.2f}"
        numbers = sequences.inputs[index, :, 0]
        return [StepDescription(f"{number:.2f}", answer if step == self.lag else "", step == self.lag) for step, number in enumerate(numbers)]


TASK = LastAndMean
