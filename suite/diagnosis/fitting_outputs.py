"""The last layer and the loss that fit the targets of an output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.diagnosis.keras_training import Output

MAX_CLASSES = 20  # distinct whole numbers from which targets are counts or quantities
MIN_PER_CLASS = 5  # samples
MAX_IMBALANCE = 4.0  # the most frequent class over the rarest, where whole numbers are taken for classes rather than for counts


@dataclass(frozen=True)
class Fit:
    """Targets in words, and what fits them.

    advice    the last layer and the loss, in a sentence
    snippet   Keras code for both, with a change of the targets where they need one
    """

    targets: str
    advice: str
    snippet: str


def fitting(output: Output) -> Fit:
    """The fit for targets as they are."""
    low, high, numbers = output.target_low, output.target_high, [value for value, _ in output.values]
    if output.labels is not None and not output.one_hot:
        units = output.target_shape[-1]
        targets = f"rows of {output.labels[0]} to {output.labels[1]} ones among {units}: several answers at once"
        return Fit(targets, f"Use {units} sigmoid units with binary_crossentropy, a yes or no each.", last_layer(units, "sigmoid", "binary_crossentropy"))
    if output.one_hot:
        units = output.target_shape[-1]
        return Fit(
            f"one of {units} classes, as one-hot rows",
            f"Use {units} units with softmax and categorical_crossentropy.",
            last_layer(units, "softmax", "categorical_crossentropy"),
        )
    if numbers in ([0, 1], [0], [1]) or (not numbers and (low, high) == (0.0, 1.0)):
        return Fit("0 and 1: a yes or no", "Use one sigmoid unit with binary_crossentropy.", last_layer(1, "sigmoid", "binary_crossentropy"))
    if numbers in ([-1, 1], [1, 2]):
        change = "y = (y + 1) / 2" if numbers == [-1, 1] else "y = y - 1"
        advice = f"Number them 0 and 1 ({change}), and use one sigmoid unit with binary_crossentropy."
        return Fit(f"{numbers[0]} and {numbers[1]}: a yes or no", advice, f"{change}\n{last_layer(1, 'sigmoid', 'binary_crossentropy')}")
    if are_classes(output):
        return classes(numbers)
    units = output.target_shape[-1] if output.target_shape else 1
    what = f"quantities from {low:.3g} to {high:.3g}"
    return Fit(what, f"Use {number_of(units)} without activation and mse: this is a regression.", f'keras.layers.Dense({units})  # loss="mse"\n')


def are_classes(output: Output) -> bool:
    """Return whether targets are numbers of classes: few, from 0 or 1 on without a gap, and enough samples of each."""
    numbers, counts = [value for value, _ in output.values], [count for _, count in output.values]
    return (
        3 <= len(numbers) <= MAX_CLASSES
        and numbers[0] in (0, 1)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and float(np.mean(counts)) >= MIN_PER_CLASS
    )


def evenly_spread(output: Output) -> bool:
    """Return whether no class is far more frequent than another, unlike counts."""
    counts = [count for _, count in output.values]
    return bool(counts) and max(counts) <= MAX_IMBALANCE * min(counts)


def classes(numbers: list[int]) -> Fit:
    """The fit for numbered classes."""
    units, first = numbers[-1] - numbers[0] + 1, numbers[0]
    layer = last_layer(units, "softmax", "sparse_categorical_crossentropy")
    if first == 0:
        return Fit(f"{units} classes, numbered from 0", f"Use {units} units with softmax and sparse_categorical_crossentropy.", layer)
    advice = f"Number the classes from 0 (y - {first}), and use {units} units with softmax and sparse_categorical_crossentropy."
    return Fit(f"{units} classes, numbered from {first}", advice, f"y = y - {first}\n{layer}")


def last_layer(units: int, activation: str, loss: str) -> str:
    """Keras code."""
    return f'keras.layers.Dense({units}, activation="{activation}")  # loss="{loss}"\n'


def number_of(units: int) -> str:
    """The number of units in words."""
    return "one unit" if units == 1 else f"{units} units"
