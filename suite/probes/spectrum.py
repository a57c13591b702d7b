"""Spectral radius and largest singular value of the recurrent weights.

If the largest singular value is below 1 / (largest slope of the activation) the gradient must vanish; above it, it can explode
(Pascanu et al. 2013, section 2.1).
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.models import Cell
from unvanish.suite.probes.probe import Probe, Series


def spectrum(model, weights):
    """Return both, [E] each, for the recurrent weights of the state itself, not of a gate: those of the candidate in an LSTM or GRU."""
    if not isinstance(model, Cell) or not model.recurrent_blocks:
        return {}
    recurrent_gates = [gate for gate in model.gates if gate.recurrent]
    (candidate,) = (index for index, gate in enumerate(recurrent_gates) if gate.function != "sigmoid")
    matrices = np.split(weights["recurrent_kernel"].astype(np.float64), len(recurrent_gates), axis=-1)[candidate]
    return {
        "spectral_radius": np.abs(np.linalg.eigvals(matrices)).max(axis=-1),
        "largest_singular_value": np.linalg.svd(matrices, compute_uv=False)[:, 0],
    }


PROBE = Probe(
    name="spectrum",
    position=5,
    series={
        "spectral_radius": Series("largest absolute eigenvalue of the recurrent weights"),
        "largest_singular_value": Series("largest singular value of the recurrent weights"),
    },
    measure_weights=spectrum,
)
