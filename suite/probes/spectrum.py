"""How the recurrent weights stretch a state: spectral radius and largest singular value.

If the largest singular value is below 1 / (largest slope of the activation) the gradient must vanish; above it, it can explode
(Pascanu et al. 2013, section 2.1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from suite.models import Cell, Model


class Spectrum(NamedTuple):
    """[E] each; not a number for a model without recurrent weights."""

    radius: NDArray[np.floating]
    largest_singular_value: NDArray[np.floating]


def spectrum(model: Model, weights: dict[str, NDArray[np.float32]]) -> Spectrum:
    """Of the recurrent weights that lead to the state itself, not to a gate: those of the candidate in an LSTM or GRU."""
    if not isinstance(model, Cell) or not model.recurrent_blocks:
        missing = np.full(len(next(iter(weights.values()))), np.nan)
        return Spectrum(missing, missing)
    blocks = [gate for gate in model.gates if gate.recurrent]
    (to_state,) = (place for place, gate in enumerate(blocks) if gate.function != "sigmoid")
    matrices = np.split(weights["recurrent_kernel"].astype(np.float64), len(blocks), axis=-1)[to_state]
    return Spectrum(np.abs(np.linalg.eigvals(matrices)).max(axis=-1), np.linalg.svd(matrices, compute_uv=False)[:, 0])
