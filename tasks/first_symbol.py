"""Remember the first symbol through random distractors (Hochreiter & Schmidhuber 1997, experiment 2b)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot


@dataclass(frozen=True)
class FirstSymbol(Task):
    """One of `symbols` symbols, then `lag` distractors out of an alphabet of their own; at the end the symbol is asked for.

    It is the latching problem of Bengio et al. (1994) with more than two things to latch. The inputs are one-hot:
    the symbols first, then the distractors.
    """

    symbols: int = 8
    distractors: int = 4

    name: ClassVar[str] = "first_symbol"
    summary: ClassVar[str] = "name the first symbol after a run of distractors"
    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997, experiment 2b; Bengio et al. 1994"
    position: ClassVar[int] = 2
    default_lag: ClassVar[int] = 10
    one_hot_inputs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("symbols", 2, 1000)
        self.require("distractors", 1, 1000)

    @property
    def length(self) -> int:
        return self.lag + 1

    @property
    def input_size(self) -> int:
        return self.symbols + self.distractors

    @property
    def output_size(self) -> int:
        return self.symbols

    @property
    def input_names(self) -> tuple[str, ...]:
        return (*self.output_names, *(f"distractor {i + 1}" for i in range(self.distractors)))

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"symbol {i + 1}" for i in range(self.symbols))

    @property
    def information_distance(self) -> int:
        return self.lag

    @property
    def baseline_loss(self) -> float:
        return float(np.log(self.symbols))

    @property
    def baseline_metric(self) -> float:
        return 1 / self.symbols

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        first = random.integers(self.symbols, size=(count, 1))
        distractors = random.integers(self.symbols, self.input_size, size=(count, self.lag))
        inputs = one_hot(np.concatenate([first, distractors], axis=1), self.input_size)
        return Sequences(inputs, first.astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        classes = sequences.inputs[index].argmax(axis=-1)
        words = [chr(ord("A") + symbol) if symbol < self.symbols else f"distractor {symbol - self.symbols + 1}" for symbol in classes]
        answer = chr(ord("A") + int(sequences.targets[index, 0]))
        return [StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps) for step, word in enumerate(words)]


TASK = FirstSymbol
