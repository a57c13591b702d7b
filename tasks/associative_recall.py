"""Say which value belonged to a key: multi-query associative recall (MQAR; Arora et al. 2023, "Zoology", section 4)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot


@dataclass(frozen=True)
class AssociativeRecall(Task):
    """`pairs` keys, each followed by its value, then lag - 1 blanks, then the keys again in another order; at each its value is asked for.

    As in the paper, keys and values are from two halves of the vocabulary, and within a sequence no key and no value occurs twice. There each key
    comes again at a distance drawn from a power law; here all come after the lag, so that it can be varied: the first of them `lag` steps after
    the last value. The inputs are one-hot: keys, values, blank.

    Chance is 1 / values. A model that remembers which values there were, but not to which key each belonged, reaches 1 / pairs.
    """

    pairs: int = 4
    keys: int = 8
    values: int = 8

    name: ClassVar[str] = "associative_recall"
    summary: ClassVar[str] = "name the value that belonged to each of some keys (MQAR)"
    reference: ClassVar[str] = "Arora et al. 2023 (Zoology), section 4; Poli et al. 2024 (MAD)"
    position: ClassVar[int] = 5
    default_lag: ClassVar[int] = 5
    one_hot_inputs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("keys", 2, 1000)
        self.require("values", 2, 1000)
        self.require("pairs", 1, min(self.keys, self.values))

    @property
    def length(self) -> int:
        return 3 * self.pairs + self.lag - 1

    @property
    def input_size(self) -> int:
        return self.keys + self.values + 1

    @property
    def output_size(self) -> int:
        return self.values

    @property
    def input_names(self) -> tuple[str, ...]:
        return (*(f"key {i + 1}" for i in range(self.keys)), *self.output_names, "blank")

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"value {i + 1}" for i in range(self.values))

    @property
    def loss_steps(self) -> tuple[int, ...]:
        return tuple(range(self.length - self.pairs, self.length))

    @property
    def information_distance(self) -> int:
        return self.lag + self.pairs - 1  # from the last value to the last key that is asked about

    @property
    def baseline_loss(self) -> float:
        return float(np.log(self.values))

    @property
    def baseline_metric(self) -> float:
        return 1 / self.values

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        keys, values = (random.random((count, size)).argsort(axis=1)[:, : self.pairs] for size in (self.keys, self.values))
        order = random.random((count, self.pairs)).argsort(axis=1)
        inputs = np.full((count, self.length), self.input_size - 1)
        inputs[:, 0 : 2 * self.pairs : 2] = keys
        inputs[:, 1 : 2 * self.pairs : 2] = self.keys + values
        inputs[:, -self.pairs :] = np.take_along_axis(keys, order, axis=1)
        return Sequences(one_hot(inputs, self.input_size), np.take_along_axis(values, order, axis=1).astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answers = dict(zip(self.loss_steps, (self.output_names[target] for target in sequences.targets[index]), strict=True))
        given = [self.input_names[number] for number in sequences.inputs[index].argmax(axis=-1)]
        return [StepDescription(word, answers.get(step, ""), step in answers) for step, word in enumerate(given)]


TASK = AssociativeRecall
