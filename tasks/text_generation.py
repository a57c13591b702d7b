"""Write text with a network that predicts the next symbol of a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError
from unvanish.tasks.task import one_hot
from unvanish.tasks.text import Text

# Of inputs [sequence, time, input]: logits [sequence, time or loss step, output], the last of which are of the next symbol.
Network = Callable[[NDArray[np.float32]], NDArray[Any]]


def generate(task: Text, network: Network, count: int = 200, temperature: float = 1.0, seed: int = 0) -> tuple[str, str]:
    """Return the beginning, which is the first stretch of the test split, and `count` symbols that a network writes after it.

    Each symbol is drawn from the network's probabilities, those of logits divided by the temperature, and is read by the network in its turn. It
    sees as many symbols as it was trained on, the last ones. Raises `UsageError` for a temperature that is not above 0.
    """
    if not temperature > 0:
        raise UsageError(f"the temperature is {temperature:g}; give a number above 0, 1 for the network's own probabilities")
    random = np.random.Generator(np.random.PCG64(seed))
    stretch = task.context + task.steps
    start = task.part("test")[0]
    numbers = task.symbols.numbers[start : start + stretch].tolist()
    for _ in range(count):
        numbers.append(next_symbol(task, network, numbers[-stretch:], temperature, random))
    return as_text(task, numbers[:stretch]), as_text(task, numbers[stretch:])


def next_symbol(task: Text, network: Network, numbers: list[int], temperature: float, random: np.random.Generator) -> int:
    """The number of a symbol drawn after others."""
    inputs = one_hot(np.full((len(numbers), task.stride), task.input_size - 1), task.input_size)
    inputs[:, 0] = one_hot(np.array(numbers), task.input_size)
    logits = np.asarray(network(inputs.reshape(1, task.length, task.input_size)), np.float64)[0, -1] / temperature
    probabilities = np.exp(logits - logits.max())
    return int(random.choice(len(probabilities), p=probabilities / probabilities.sum()))


def as_text(task: Text, numbers: list[int]) -> str:
    """Symbols as text: words with spaces between them; a rare symbol is the replacement character."""
    symbols = (*task.symbols.vocabulary, "\N{REPLACEMENT CHARACTER}")
    return ("" if task.by == "character" else " ").join(symbols[number] for number in numbers)
