"""Tell in which order two symbols came (Hochreiter & Schmidhuber 1997, experiment 6a; Pascanu et al. 2013)."""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot


@dataclass(frozen=True)
class TemporalOrder(Task):
    """Distractors c d e f, with A or B at a random step between 10 % and 20 % and again between 50 % and 60 % of the length.

    At the end: which of AA, AB, BA, BB it was. The length is the lag.
    """

    name: ClassVar[str] = "temporal_order"
    summary: ClassVar[str] = "the order of two symbols among distractors"
    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997, experiment 6a; Pascanu et al. 2013"
    position: ClassVar[int] = 4
    default_lag: ClassVar[int] = 10
    one_hot_inputs: ClassVar[bool] = True
    minimum_lag: ClassVar[int] = 10  # below it a tenth of the length is less than a step

    @property
    def length(self) -> int:
        return self.lag

    @property
    def input_size(self) -> int:
        return 6  # A B c d e f

    @property
    def output_size(self) -> int:
        return 4

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"symbol {letter}" for letter in "ABcdef")

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("A, then A", "A, then B", "B, then A", "B, then B")

    @property
    def information_distance(self) -> int:
        return self.length - 1 - (self.window(0.1)[1] - 1)

    @property
    def baseline_loss(self) -> float:
        return float(np.log(4))

    @property
    def baseline_metric(self) -> float:
        return 1 / 4

    def window(self, start: float) -> tuple[int, int]:
        """The steps [first, end) that lie between a share `start` of the length and a tenth of the length later."""
        return ceil(round(start * self.length, 9)), ceil(round((start + 0.1) * self.length, 9))

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        inputs = random.integers(2, 6, size=(count, self.length))
        symbols = random.integers(2, size=(count, 2))
        steps = np.stack([random.integers(*self.window(0.1), size=count), random.integers(*self.window(0.5), size=count)], axis=1)
        np.put_along_axis(inputs, steps, symbols, axis=1)
        return Sequences(one_hot(inputs, self.input_size), (2 * symbols[:, :1] + symbols[:, 1:]).astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = ("AA", "AB", "BA", "BB")[int(sequences.targets[index, 0])]
        words = ["ABcdef"[symbol] for symbol in sequences.inputs[index].argmax(axis=-1)]
        return [StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps) for step, word in enumerate(words)]


TASK = TemporalOrder
