"""Associative recall (Ba et al. 2016, section 4.1): pairs of a key and a value, then one of the keys, whose value is asked for."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unvanish.tasks import Sequences, StepDescription, Task

KEYS, VALUES = "ABCD", "123"


@dataclass(frozen=True)
class AssociativeRecall(Task):
    """Two pairs of different keys, lag - 1 blanks, then the key of one of them: key, value, key, value, blank, ..., key. One-hot."""

    name: ClassVar[str] = "recall_pair"
    summary: ClassVar[str] = "the value that came with a key"
    reference: ClassVar[str] = "Ba et al. 2016"
    position: ClassVar[int] = 52
    default_lag: ClassVar[int] = 3
    one_hot_inputs: ClassVar[bool] = True
    input_size, output_size = len(KEYS) + len(VALUES) + 1, len(VALUES)
    input_names, output_names = (*KEYS, *VALUES, "blank"), tuple(VALUES)
    baseline_loss, baseline_metric = float(np.log(len(VALUES))), 1 / len(VALUES)

    @property
    def length(self) -> int:
        return 4 + self.lag

    @property
    def information_distance(self) -> int:
        return self.lag

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        keys = random.permuted(np.tile(np.arange(len(KEYS)), (count, 1)), axis=1)[:, :2]
        values, asked = random.integers(len(VALUES), size=(count, 2)), random.integers(2, size=(count, 1))
        symbols = np.full((count, self.length), self.input_size - 1)
        symbols[:, 0:4:2], symbols[:, 1:4:2] = keys, len(KEYS) + values
        symbols[:, -1:] = np.take_along_axis(keys, asked, axis=1)
        return Sequences(np.eye(self.input_size, dtype=np.float32)[symbols], np.take_along_axis(values, asked, axis=1).astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer, last = VALUES[int(sequences.targets[index, 0])], self.length - 1
        symbols = [self.input_names[symbol] for symbol in sequences.inputs[index].argmax(axis=-1)]
        return [StepDescription(symbol, answer if step == last else "", step == last) for step, symbol in enumerate(symbols)]


TASK = AssociativeRecall
