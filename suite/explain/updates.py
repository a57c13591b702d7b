"""From a gradient to a weight change, by the rules of Keras.

SGD       change = - lr dE/dw                                                                       (the source document, S9)
clipping  g <- g min(1, threshold / norm of all gradients together), then SGD                       (Pascanu et al. 2013)
RMSprop   v <- rho v + (1 - rho) g^2,  change = - lr g / sqrt(v + epsilon), v = 0 at the start      (Tieleman & Hinton 2012)
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.explain.recurrence import Weights

RHO, EPSILON = 0.9, 1e-7


def sgd(gradients: Weights, rate: float) -> Weights:
    return Weights(*(-rate * g for g in gradients))


def norm(gradients: Weights) -> float:
    """Of all gradients together, as if they were one long vector."""
    return float(np.sqrt(sum((g**2).sum() for g in gradients)))


def clipped(gradients: Weights, threshold: float) -> Weights:
    """The same direction, at most `threshold` long."""
    factor = min(1.0, threshold / norm(gradients))
    return Weights(*(factor * g for g in gradients))


def rmsprop(gradients: Weights, rate: float, mean_square: Weights | None = None) -> tuple[Weights, Weights]:
    """The change, and the running mean of the squared gradients after it; without one, this is the first update."""
    before = mean_square or Weights(*(np.zeros_like(g) for g in gradients))
    after = Weights(*(RHO * v + (1 - RHO) * g**2 for v, g in zip(before, gradients, strict=True)))
    return Weights(*(-rate * g / np.sqrt(v + EPSILON) for v, g in zip(after, gradients, strict=True))), after
