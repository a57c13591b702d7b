"""How much of a gradient comes back to the first steps of a recurrent layer, and to the first layers of a deep network."""

from __future__ import annotations

import numpy as np

from unvanish.suite.debugger.record import Array, Probe, Record

END = 0.2  # share of the steps at either end whose largest norm is compared


def reaching_first(probe: Probe) -> dict[str, float]:
    """By recurrent layer: the largest norm among its first steps over the largest among its last; a state before any input is not counted."""
    return {name: ratio(norms[1:]) for name, norms in probe.state_gradient.items() if len(norms) > 3}


def ratio(norms: Array) -> float:
    """First steps over last steps; 1 where nothing comes back at all or a norm is not finite, since that says nothing of time."""
    count = max(int(np.ceil(END * len(norms))), 1)
    first, last = norms[:count].max(), norms[-count:].max()
    return float(first / last) if np.isfinite(norms).all() and last > 0 else 1.0


def first_to_last_layer(record: Record, probe: Probe) -> float:
    """Gradient norm of the first layer with weights over that of the last; NaN for fewer than three such layers.

    Each norm is divided by the square root of the layer's number of weights, so that a small layer does not look like a small gradient.
    """
    layers = [layer for layer in record.setup.layers if layer.name in probe.layer_gradient and layer.parameters and not layer.normalises]
    if len(layers) < 3:
        return float("nan")
    first, last = (probe.layer_gradient[layer.name] / np.sqrt(layer.parameters) for layer in (layers[0], layers[-1]))
    return float(first / last) if last > 0 and np.isfinite([first, last]).all() else float("nan")


def longest(record: Record) -> int:
    """Steps of the longest recurrent layer."""
    return max((len(norms) for probe in record.probes[:1] for norms in probe.state_gradient.values()), default=0)
