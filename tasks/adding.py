"""Add the two marked numbers of a long list (Hochreiter & Schmidhuber 1997, experiment 4; Le et al. 2015)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task


@dataclass(frozen=True)
class Adding(Task):
    """Pairs of a number from U[0, 1] and a marker; one number is marked in each half, and their sum is asked for at the end.

    The length is the lag. The best constant answer is 1, with a squared error of the variance of a sum of two
    uniform numbers, 1/6. Solved: 99 % of the absolute errors below 0.08, which is Hochreiter & Schmidhuber's 0.04
    in this scale.
    """

    name: ClassVar[str] = "adding"
    summary: ClassVar[str] = "the sum of the two marked numbers of a list"
    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997, experiment 4; Le et al. 2015; Arjovsky et al. 2016"
    position: ClassVar[int] = 3
    default_lag: ClassVar[int] = 12
    minimum_lag: ClassVar[int] = 2
    kind: ClassVar = "regression"
    metric: ClassVar[str] = "within_tolerance"
    tolerance: ClassVar[float] = 0.08

    @property
    def length(self) -> int:
        return self.lag

    @property
    def input_size(self) -> int:
        return 2

    @property
    def output_size(self) -> int:
        return 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("number from 0 to 1", "marker: 1 at the two numbers to add, 0 elsewhere")

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("sum of the two marked numbers",)

    @property
    def information_distance(self) -> int:
        return self.length - self.length // 2  # the last step of the first half

    @property
    def baseline_loss(self) -> float:
        return 1 / 6

    @property
    def baseline_metric(self) -> float:
        """P(|a + b - 1| < tolerance) under the triangular density of the sum."""
        return 2 * self.tolerance - self.tolerance**2

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        numbers = random.random((count, self.length), dtype=np.float32)
        half = self.length // 2
        marked = np.stack([random.integers(half, size=count), random.integers(half, self.length, size=count)], axis=1)
        markers = np.zeros_like(numbers)
        np.put_along_axis(markers, marked, 1.0, axis=1)
        sums = np.take_along_axis(numbers, marked, axis=1).sum(axis=1)
        return Sequences(np.stack([numbers, markers], axis=-1), sums[:, None, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = f"{sequences.targets[index, 0, 0]:.2f}"
        return [
            StepDescription(f"{number:.2f}" + ("  <- marked" if marker else ""), answer if step == self.length - 1 else "", step in self.scored_steps)
            for step, (number, marker) in enumerate(sequences.inputs[index])
        ]


TASK = Adding
