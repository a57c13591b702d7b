"""Spectral radius and largest singular value of the recurrent weights.

If the largest singular value is below 1 / (largest slope of the activation) the gradient must vanish; above it, it can explode
(Pascanu et al. 2013, section 2.1).
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.models import Cell
from unvanish.suite.probes.probe import Probe, Series


def spectrum(model, weights):
    """Return both, [E] each, for the recurrent weights of the state itself, not of a gate: those of the candidate in an LSTM or GRU.

    Of several candidates the largest counts; a cell without one has no such figure.
    """
    if not isinstance(model, Cell) or not model.candidate_blocks:
        return {}
    blocks = np.split(weights["recurrent_kernel"].astype(np.float64), model.recurrent_blocks, axis=-1)
    candidates = np.stack([blocks[index] for index in model.candidate_blocks])  # [candidate, E, H, H]
    return {
        "spectral_radius": np.abs(np.linalg.eigvals(candidates)).max(axis=(0, -1)),
        "largest_singular_value": np.linalg.svd(candidates, compute_uv=False)[..., 0].max(axis=0),
    }


PROBE = Probe(
    name="spectrum",
    position=5,
    series={
        "spectral_radius": Series("largest absolute eigenvalue of the recurrent weights of the state; of several candidates the largest"),
        "largest_singular_value": Series("largest singular value of the same weights"),
    },
    measure_weights=spectrum,
)
