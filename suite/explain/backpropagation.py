"""Backpropagation through time, written out (Werbos 1990; the source document, S8).

From the last day to the first:
dE/dh(t)   = W_y^T dE/dy(t) + W_h^T [g'(t+1) * dE/dh(t+1)]
dE/dz(t)   = g'(t) * dE/dh(t)          with z(t) the sum inside g_h
dE/dW_x    = sum over t of dE/dz(t) x(t)^T,   dE/dW_h = sum over t of dE/dz(t) h(t-1)^T,   dE/db_h = sum over t of dE/dz(t)

So what is `k` days further back is multiplied `k` times by W_h^T and g': that product vanishes or explodes (Pascanu et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.explain.activations import TANH, Activation, Array
from unvanish.suite.explain.recurrence import Weights, error, error_of_output, forward


@dataclass(frozen=True)
class Pass:
    """A pass forward and back.

    h, y           states and outputs [time, sequence, hidden or output]
    error          E
    gradients      dE/dW of every weight
    of_state       dE/dh [time, sequence, hidden]; of an LSTM dE/dc
    slope          g' of the state [time, sequence, hidden]; of an LSTM the forget gate
    """

    h: Array
    y: Array
    error: float
    gradients: Weights
    of_state: Array
    slope: Array

    @property
    def norms(self) -> Array:
        """The norm of dE/dh(t) over the hidden units and sequences, [time]."""
        return np.sqrt((self.of_state**2).sum(axis=(1, 2)))


def through_time(weights: Weights, x: Array, actual: Array, counted: Array, activation: Activation = TANH, window: int | None = None) -> Pass:
    """Inputs x [time, sequence, input], what is actual [time, sequence, output], and which days count [time].

    With a `window` the gradient passes only through the last so many days: truncated backpropagation (Williams & Peng 1990).
    """
    h, y = forward(weights, x, activation)
    of_y = error_of_output(y, actual, counted)
    before = np.concatenate([np.zeros_like(h[:1]), h[:-1]])  # h(t-1)
    slope = activation.slope(h)
    of_h, of_z = np.zeros_like(h), np.zeros_like(h)
    reach = len(x) if window is None else min(window, len(x))
    arriving = np.zeros_like(h[0])  # W_h^T dE/dz(t+1)
    for t in reversed(range(len(x) - reach, len(x))):
        of_h[t] = of_y[t] @ weights.W_y + arriving
        of_z[t] = slope[t] * of_h[t]
        arriving = of_z[t] @ weights.W_h
    gradients = Weights(
        W_x=np.einsum("tsh,tsi->hi", of_z, x),
        W_h=np.einsum("tsh,tsi->hi", of_z, before),
        b_h=of_z.sum(axis=(0, 1)),
        W_y=np.einsum("tso,tsh->oh", of_y, h),
        b_y=of_y.sum(axis=(0, 1)),
    )
    return Pass(h, y, error(y, actual, counted), gradients, of_h, slope)
