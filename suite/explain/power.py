"""The product that decides, for one hidden unit: a factor w g' for each step back (Pascanu et al. 2013).

`reports/templates/explain.js` computes the same in the page; a test in a browser compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, tanh

WEIGHTS = (0.5, 0.9, 1.0, 1.1, 1.4, 1.8)
DAYS = 20
MOST_DAYS = 60
STARTS = (0.001, 0.5)  # near 0, where tanh hardly bends, and well away from it


@dataclass(frozen=True)
class Activation:
    """An activation, and its slope as a function of its value."""

    value: Callable[[float], float]
    slope: Callable[[float], float]


ACTIVATIONS = {
    "tanh": Activation(tanh, lambda h: 1 - h**2),
    "sigmoid": Activation(lambda z: 1 / (1 + exp(-z)), lambda h: h * (1 - h)),
    "relu": Activation(lambda z: max(0.0, z), lambda h: float(h > 0)),
}


def remaining_gradient(w: float, start: float, activation: str = "tanh", days: int = DAYS) -> float:
    """Return dh(days)/dh(0) of h(t) = g(w h(t-1)) from h(0) = start; of h(t) = w h(t-1) it is w^days."""
    g = ACTIVATIONS[activation]
    product, h = 1.0, start
    for _ in range(days):
        h = g.value(w * h)
        product *= w * g.slope(h)
    return product
