"""The product that decides, for one hidden unit: k factors of its recurrent weight and of g' (Pascanu et al. 2013)."""

from __future__ import annotations

import numpy as np

from unvanish.suite.explain.activations import TANH, Array

WEIGHTS = (0.5, 0.9, 1.0, 1.1, 1.4, 1.8)
STEPS = 20
STARTS = (0.001, 0.5)  # near 0, where tanh hardly bends, and well away from it


def linear(w: float, steps: int = STEPS) -> Array:
    """dh(k)/dh(0) of h(t) = w h(t-1), which is w^k, for k = 0 to steps [steps + 1]."""
    return w ** np.arange(steps + 1.0)


def through_tanh(w: float, start: float, steps: int = STEPS) -> Array:
    """dh(k)/dh(0) of h(t) = tanh(w h(t-1)) from h(0) = start: the product of w g' over the steps, for k = 0 to steps [steps + 1]."""
    product, h = np.ones(steps + 1), start
    for k in range(1, steps + 1):
        h = np.tanh(w * h)
        product[k] = product[k - 1] * w * TANH.slope(h)
    return product
