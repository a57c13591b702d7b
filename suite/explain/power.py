"""The product that decides, for one hidden unit: a factor w g' for each step back (Pascanu et al. 2013)."""

from __future__ import annotations

from math import tanh

WEIGHTS = (0.5, 0.9, 1.0, 1.1, 1.4, 1.8)
STEPS = 20
STARTS = (0.001, 0.5)  # near 0, where tanh hardly bends, and well away from it


def product_through_tanh(w: float, start: float) -> float:
    """Return dh(STEPS)/dh(0) of h(t) = tanh(w h(t-1)) from h(0) = start; of h(t) = w h(t-1) it is w^STEPS."""
    product, h = 1.0, start
    for _ in range(STEPS):
        h = tanh(w * h)
        product *= w * (1 - h**2)
    return product
