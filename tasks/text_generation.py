"""Write text with a network that predicts the next symbol of a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError
from unvanish.tasks.task import one_hot
from unvanish.tasks.text import Text

# Of the inputs of the next time steps, [time, input]: logits of the symbol after the last of them, [output]. It remembers what it was given before.
Reader = Callable[[NDArray[np.float32]], NDArray[Any]]


def generate(task: Text, reader: Reader, count: int = 200, temperature: float = 1.0, seed: int = 0) -> tuple[str, str]:
    """Return the beginning, which is the first stretch of the test split, and `count` symbols that a network writes after it.

    Each symbol is drawn from the network's probabilities, those of logits divided by the temperature, and is read by the network in its turn; see
    `unvanish.suite.export.TrainedNetwork.reader`. Raises `UsageError` for a temperature that is not above 0.
    """
    if not temperature > 0:
        raise UsageError(f"the temperature is {temperature:g}; give a number above 0, 1 for the network's own probabilities")
    random = np.random.Generator(np.random.PCG64(seed))
    start = task.part("test")[0]
    beginning = task.symbols.numbers[start : start + task.context + task.steps].tolist()
    logits = reader(inputs_of(task, beginning))
    written: list[int] = []
    while len(written) < count:
        scaled = np.asarray(logits, np.float64) / temperature
        probabilities = np.exp(scaled - scaled.max())
        written.append(int(random.choice(len(probabilities), p=probabilities / probabilities.sum())))
        logits = reader(inputs_of(task, written[-1:]))
    return as_text(task, beginning), as_text(task, written)


def inputs_of(task: Text, numbers: list[int]) -> NDArray[np.float32]:
    """Return symbols as inputs, each with the blank steps after it: [time, input]."""
    inputs = one_hot(np.full((len(numbers), task.stride), task.input_size - 1), task.input_size)
    inputs[:, 0] = one_hot(np.array(numbers), task.input_size)
    return inputs.reshape(-1, task.input_size)


def as_text(task: Text, numbers: list[int]) -> str:
    """Symbols as text: words with spaces between them; a rare symbol is the replacement character."""
    symbols = (*task.symbols.vocabulary, "\N{REPLACEMENT CHARACTER}")
    return ("" if task.by == "character" else " ").join(symbols[number] for number in numbers)
