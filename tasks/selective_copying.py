"""Repeat symbols that stand at random places among blanks (selective copying; Gu & Dao 2023, Poli et al. 2024, "MAD")."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot


@dataclass(frozen=True)
class SelectiveCopying(Task):
    """`copied` symbols among `blanks` blanks, at places drawn anew for each sequence, lag - 1 more blanks, then `copied` markers: the symbols in order.

    In `copy_memory` every symbol is repeated after the same number of steps, so counting steps is enough. Here the distance varies, and a model has to
    choose by content what it takes in: a linear recurrence that is the same at each step cannot. In the papers the markers follow at once, which is a
    lag of 1. The inputs are one-hot: symbols, blank, marker.

    Chance is 1 / symbols.
    """

    copied: int = 4
    symbols: int = 8
    blanks: int = 10

    name: ClassVar[str] = "selective_copying"
    summary: ClassVar[str] = "repeat the symbols that stood at random places among blanks"
    reference: ClassVar[str] = "Gu & Dao 2023 (Mamba), section 4.1; Poli et al. 2024 (MAD)"
    position: ClassVar[int] = 5
    default_lag: ClassVar[int] = 10
    one_hot_inputs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("copied", 1, 1000)
        self.require("symbols", 2, 1000)
        self.require("blanks", 0, 10_000)

    @property
    def length(self) -> int:
        return self.blanks + self.lag - 1 + 2 * self.copied

    @property
    def input_size(self) -> int:
        return self.symbols + 2

    @property
    def output_size(self) -> int:
        return self.symbols

    @property
    def input_names(self) -> tuple[str, ...]:
        return (*self.output_names, "blank", "marker")

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"symbol {i + 1}" for i in range(self.symbols))

    @property
    def loss_steps(self) -> tuple[int, ...]:
        return tuple(range(self.length - self.copied, self.length))

    @property
    def information_distance(self) -> int:
        return self.lag + self.copied - 1  # from the last place that a symbol can have to the last marker

    @property
    def baseline_loss(self) -> float:
        return float(np.log(self.symbols))

    @property
    def baseline_metric(self) -> float:
        return 1 / self.symbols

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        blank, marker = self.symbols, self.symbols + 1
        symbols = random.integers(self.symbols, size=(count, self.copied))
        places = np.sort(random.random((count, self.blanks + self.copied)).argsort(axis=1)[:, : self.copied], axis=1)
        inputs = np.full((count, self.length), blank)
        np.put_along_axis(inputs, places, symbols, axis=1)
        inputs[:, -self.copied :] = marker
        return Sequences(one_hot(inputs, self.input_size), symbols.astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answers = dict(zip(self.loss_steps, (self.output_names[target] for target in sequences.targets[index]), strict=True))
        given = [self.input_names[number] for number in sequences.inputs[index].argmax(axis=-1)]
        return [StepDescription(word, answers.get(step, ""), step in answers) for step, word in enumerate(given)]


TASK = SelectiveCopying
