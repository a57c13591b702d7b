"""Repeat a list of symbols after a long pause (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016, section 5.1)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot


@dataclass(frozen=True)
class CopyMemory(Task):
    """`copied` symbols out of `symbols`, lag - 1 blanks, a marker, and blanks while the symbols are said again in order.

    Inputs: symbols 0 .. symbols - 1, then blank, then marker. Outputs: the symbols and blank. The loss is the mean over
    all steps, so its memoryless baseline is small, copied * ln(symbols) / length; whole-sequence accuracy would call a
    model that remembers nothing nearly perfect, so only the recalled symbols are scored.
    """

    copied: int = 10
    symbols: int = 8

    name: ClassVar[str] = "copy_memory"
    summary: ClassVar[str] = "repeat a list of symbols after a pause"
    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016, section 5.1"
    position: ClassVar[int] = 1
    default_lag: ClassVar[int] = 5
    one_hot_inputs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("copied", 1, 1000)
        self.require("symbols", 2, 1000)

    @property
    def length(self) -> int:
        return self.lag + 2 * self.copied

    @property
    def input_size(self) -> int:
        return self.symbols + 2

    @property
    def output_size(self) -> int:
        return self.symbols + 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return (*self.output_names, "marker")

    @property
    def output_names(self) -> tuple[str, ...]:
        return (*(f"symbol {i + 1}" for i in range(self.symbols)), "blank")

    @property
    def loss_steps(self) -> tuple[int, ...]:
        return tuple(range(self.length))

    @property
    def scored_steps(self) -> tuple[int, ...]:
        return self.loss_steps[-self.copied :]

    @property
    def information_distance(self) -> int:
        return self.lag + self.copied  # from the last symbol to the last step; the same for every other symbol

    @property
    def baseline_loss(self) -> float:
        return float(self.copied * np.log(self.symbols) / self.length)

    @property
    def baseline_metric(self) -> float:
        return 1 / self.symbols

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        blank, marker = self.symbols, self.symbols + 1
        symbols = random.integers(self.symbols, size=(count, self.copied))
        inputs = np.full((count, self.length), blank)
        inputs[:, : self.copied] = symbols
        inputs[:, self.copied + self.lag - 1] = marker
        targets = np.full((count, self.length), blank, dtype=np.int32)
        targets[:, -self.copied :] = symbols
        return Sequences(one_hot(inputs, self.input_size), targets)

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        names = [*(chr(ord("A") + symbol) for symbol in range(self.symbols)), "blank", "marker"]
        inputs = sequences.inputs[index].argmax(axis=-1)
        return [
            StepDescription(names[given], names[answer], step in self.scored_steps)
            for step, (given, answer) in enumerate(zip(inputs, sequences.targets[index], strict=True))
        ]


TASK = CopyMemory
