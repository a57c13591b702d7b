"""The effect of a cure on one update of a tiny network, from which `explain` of a mitigation or a model makes its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["vanishing", "exploding"]
RATE = 0.1  # the learning rate of the update
TOO_SMALL, TOO_LARGE = 1e-5, 1.0  # of a weight change: 100,000 updates for a distance of 1; a distance of 1 at once


@dataclass(frozen=True)
class Effect:
    """One update of one input weight, which the error reaches only through `lag` days on which nothing else comes in.

    kind                       what becomes of the gradient without a cure
    weight                     before the update
    recurrent_weight           w: each unit is connected to itself alone, W_h = w I
    error, gradient            before the update
    gradient_norm              of all gradients together
    change, new_weight         of the weight
    error_after, gradient_after  with the new weight and all others as they were
    norms                      of dE/dh(t), of an LSTM dE/dc(t), before the update [time]
    information_step           the step whose input the weight multiplies
    plain                      the same update without a cure; None of that itself
    """

    kind: Kind
    lag: int
    weight: float
    recurrent_weight: float
    error: float
    gradient: float
    gradient_norm: float
    change: float
    new_weight: float
    error_after: float
    gradient_after: float
    norms: NDArray[np.float64]
    information_step: int
    plain: Effect | None = None

    @property
    def size(self) -> str:
        """The weight change in a word or two."""
        size = abs(self.change)
        return "zero" if size == 0 else "too small" if size < TOO_SMALL else "too large" if size > TOO_LARGE else "usable"

    @property
    def vanished_after(self) -> bool:
        """True if the next step would be too small."""
        return abs(self.gradient_after) * RATE < TOO_SMALL

    @property
    def carried(self) -> float:
        """The gradient at the information's step over that at the last one."""
        return float(self.norms[self.information_step] / self.norms[-1])

    @property
    def unchanged_network(self) -> bool:
        """True if the gradient came back as without a cure, so that only the update differs."""
        return self.plain is None or bool((self.norms == self.plain.norms).all())


def exponential(value: float) -> str:
    """Format with two significant digits and a power of ten."""
    return f"{value:.1e}" if value else "0"


def amount(value: float) -> str:
    """Format with two significant digits or all before the point; a power of ten only where it is far from 1."""
    return f"{value:.0f}" if 100 <= abs(value) < 10_000 else f"{value:.2g}"
