"""The recurrence of a vanilla network and its output (Elman 1990; the source document, S7).

h(t) = g_h(W_x x(t) + W_h h(t-1) + b_h),  h(-1) = 0
y(t) = g_y(W_y h(t) + b_y),               g_y the identity
E    = sum over the outputs of (actual - output)^2, mean over the days that count and the sequences
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from unvanish.suite.explain.activations import TANH, Activation, Array


class Weights(NamedTuple):
    """The weights of a network, or the gradient of the error with respect to each, or a change of each.

    Shapes of a vanilla network: W_x [hidden, input], W_h [hidden, hidden], b_h [hidden], W_y [output, hidden], b_y [output].
    Those of an LSTM have one more axis in front of W_x, W_h and b_h: its four gates.
    """

    W_x: Array
    W_h: Array
    b_h: Array
    W_y: Array
    b_y: Array

    def plus(self, change: Weights) -> Weights:
        return Weights(*(weight + step for weight, step in zip(self, change, strict=True)))


def forward(weights: Weights, x: Array, activation: Activation = TANH) -> tuple[Array, Array]:
    """Inputs x [time, sequence, input] -> states h [time, sequence, hidden] and outputs y [time, sequence, output]."""
    W_x, W_h, b_h, W_y, b_y = weights
    time, sequences, _ = x.shape
    h = np.zeros((time, sequences, len(b_h)))
    before = np.zeros((sequences, len(b_h)))
    for t in range(time):
        before = h[t] = activation.g(x[t] @ W_x.T + before @ W_h.T + b_h)
    return h, h @ W_y.T + b_y


def forget(weights: Weights, x: Array) -> Array:
    """The outputs [time, sequence, output] of the same network if it began every day with h(t-1) = 0, as a feed-forward one does."""
    h = TANH.g(x @ weights.W_x.T + weights.b_h)
    return h @ weights.W_y.T + weights.b_y


def error(y: Array, actual: Array, counted: Array) -> float:
    """E, of outputs and what is actual [time, sequence, output]; `counted` [time] is 1 for the days that count, else 0."""
    of_days = ((actual - y) ** 2).sum(axis=2).mean(axis=1)
    return float(counted @ of_days / counted.sum())


def error_of_output(y: Array, actual: Array, counted: Array) -> Array:
    """dE/dy [time, sequence, output] = -2 (actual - output), divided by the number of days and sequences that E is the mean of."""
    return -2.0 * (actual - y) * counted[:, None, None] / (counted.sum() * y.shape[1])
