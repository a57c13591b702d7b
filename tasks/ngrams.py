"""N-grams with Witten and Bell's smoothing (1991, method C): the next symbol from counts of the last ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.baselines import SYMBOLS, Features
from unvanish.tasks.task import Task

NONE = -1  # before the first symbol


class WittenBell:
    """A classifier, as scikit-learn's are, of the symbol after `order` others.

    The probability after a context that was seen N times with T different symbols after it is (count + T p) / (N + T), where p is the
    probability after the context without its first symbol; before all of them, every symbol is equally probable. Features are
    int [sample, order], the last symbol first.
    """

    def __init__(self, order: int, symbols: int) -> None:
        self.order = order
        self.classes_ = np.arange(symbols)
        self.counts: list[dict[bytes, tuple[NDArray[np.integer], NDArray[np.integer]]]] = []  # by the length of the context: symbols after it, and how often

    def fit(self, contexts: NDArray[Any], targets: NDArray[Any]) -> WittenBell:
        self.counts = []
        for length in range(self.order + 1):
            pairs, counts = np.unique(np.column_stack([contexts[:, :length], targets]).astype(np.int32), axis=0, return_counts=True)
            starts = np.flatnonzero(np.any(np.diff(pairs[:, :length], axis=0, prepend=NONE - 1), axis=1)) if length else np.zeros(1, int)
            after = zip(np.split(pairs[:, -1], starts[1:]), np.split(counts, starts[1:]), strict=True)
            self.counts.append({pairs[start, :length].tobytes(): found for start, found in zip(starts, after, strict=True)})
        return self

    def predict_proba(self, contexts: NDArray[Any]) -> NDArray[np.float64]:
        """[sample, symbol]."""
        distinct, inverse = np.unique(np.asarray(contexts, np.int32)[:, : self.order], axis=0, return_inverse=True)
        return np.stack([self.after(context) for context in distinct])[inverse.ravel()]

    def after(self, context: NDArray[np.int32]) -> NDArray[np.float64]:
        """The probability of each symbol after a context: [symbol]."""
        probabilities = np.full(len(self.classes_), 1 / len(self.classes_))
        for length in range(self.order + 1):
            symbols, counts = self.counts[length].get(context[:length].tobytes(), (np.zeros(0, int), np.zeros(0, int)))
            seen = counts.sum()
            if seen:
                probabilities *= len(symbols) / (seen + len(symbols))
                probabilities[symbols] += counts / (seen + len(symbols))
        return probabilities


def last_symbols(order: int) -> Features:
    """Features of a text: the numbers of the last `order` symbols before an answer, the last first, each of which stands `lag + 1` steps before the next."""

    def features(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[Any]:
        """[sequence, order]."""
        steps = step - task.lag - np.arange(order) * (task.lag + 1)
        symbols = inputs[:, np.maximum(steps, 0), task.feature_groups[SYMBOLS]].argmax(axis=-1)
        return np.where(steps >= 0, symbols, NONE)

    return features
