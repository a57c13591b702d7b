"""How far one training step moves the weights, relative to their own size."""

from __future__ import annotations

import keras
import numpy as np

from unvanish.suite.debugger.record import Update
from unvanish.suite.debugger.watched_calls import leaf_layers

Weights = dict[str, list[np.ndarray]]


def trained_weights(model: keras.Model) -> Weights:
    """A copy of the trained weights by layer."""
    return {layer.name: [np.array(weight.value) for weight in layer.trainable_weights] for layer in leaf_layers(model) if layer.trainable_weights}


def norms(weights: Weights) -> dict[str, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        return {name: float(np.sqrt(sum(np.sum(array.astype(np.float64) ** 2) for array in arrays))) for name, arrays in weights.items()}


def update(step: int, before: Weights, after: Weights) -> Update:
    """What changed from before a training step to after it."""
    with np.errstate(over="ignore", invalid="ignore"):
        changes = norms({name: [new - old for old, new in zip(before[name], arrays, strict=True)] for name, arrays in after.items()})
    sizes = norms(before)
    total = np.sqrt(sum(value**2 for value in sizes.values()))
    by_layer = {name: change / sizes[name] if sizes[name] else (np.inf if change else 0.0) for name, change in changes.items()}
    return Update(step, by_layer, float(np.sqrt(sum(value**2 for value in changes.values())) / total) if total else np.inf)
