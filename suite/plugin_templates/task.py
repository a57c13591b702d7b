"""A task: sequences, what is asked of them, and what a predictor without memory reaches."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.plugins import Sequences, StepDescription, Task


@dataclass(frozen=True)
class Mine(Task):
    """Whether the first bit is equal to the last one; `lag` steps lie between them."""

    name: ClassVar[str] = "mine"
    summary: ClassVar[str] = "whether the first and the last bit are equal"
    reference: ClassVar[str] = "-"
    default_lag: ClassVar[int] = 5
    input_size, output_size = 1, 2
    input_names, output_names = ("bit",), ("different", "equal")
    baseline_loss, baseline_metric = float(np.log(2)), 0.5

    @property
    def length(self) -> int:
        return self.lag + 1

    @property
    def information_distance(self) -> int:
        return self.lag

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        bits = random.integers(2, size=(count, self.length, 1))
        return Sequences(bits.astype(np.float32), (bits[:, 0] == bits[:, -1]).astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        bits, answer = sequences.inputs[index, :, 0], self.output_names[int(sequences.targets[index, 0])]
        return [StepDescription(f"{bit:g}", answer if step == self.lag else "", step == self.lag) for step, bit in enumerate(bits)]


TASK = Mine
