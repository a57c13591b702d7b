"""The trained weights of a model: their size, how far training moves them, and how far the recurrent ones stretch a state."""

from __future__ import annotations

import keras
import numpy as np

from unvanish.suite.debugger.layer_calls import leaf_layers

Weights = dict[str, list[np.ndarray]]
READ_EVERY = 4  # training steps: reading the recurrent weights at each of them took 5 % of a small training's time


def trained_weights(model: keras.Model) -> Weights:
    """A copy of the trained weights by layer."""
    return {
        layer.name: [np.array(weight.value).astype(np.float32) for weight in layer.trainable_weights] for layer in leaf_layers(model) if layer.trainable_weights
    }


def norms(weights: Weights) -> dict[str, float]:
    """Return by layer the norm of all its weights together."""
    with np.errstate(over="ignore", invalid="ignore"):
        return {name: float(np.sqrt(sum(np.sum(array.astype(np.float64) ** 2) for array in arrays))) for name, arrays in weights.items()}


def update_ratios(before: Weights, after: Weights) -> tuple[dict[str, float], float]:
    """The norm of what a training step changed over the norm of the weights before it, by layer and of all weights together."""
    with np.errstate(over="ignore", invalid="ignore"):
        changes = norms({name: [new - old for old, new in zip(before[name], arrays, strict=True)] for name, arrays in after.items()})
    sizes = norms(before)
    total = np.sqrt(sum(value**2 for value in sizes.values()))
    by_layer = {name: change / sizes[name] if sizes[name] else (np.inf if change else 0.0) for name, change in changes.items()}
    return by_layer, float(np.sqrt(sum(value**2 for value in changes.values())) / total) if total else np.inf


class RecurrentChanges:
    """The distance by which training moves the recurrent weights, every few steps: a measurement now and then would miss a spike of the gradient.

    One spike is enough to end a training: it moves the weights to where the gradient vanishes or units saturate, and only those are seen
    afterwards (Pascanu et al. 2013, section 2.3: the walls of the error surface).
    """

    def __init__(self, model: keras.Model) -> None:
        self.cells = {layer.name: layer.cell for layer in leaf_layers(model) if has_trained_recurrence(layer)}
        self.before, self.step = self.kernels(), 0

    def kernels(self) -> dict[str, np.ndarray]:
        """The recurrent weights by layer."""
        return {name: np.asarray(keras.ops.convert_to_numpy(cell.recurrent_kernel)).astype(np.float32) for name, cell in self.cells.items()}

    def after(self, step: int) -> dict[str, float]:
        """Return by layer the norm of the change over that of the weights, where the last reading was `READ_EVERY` steps ago; else nothing."""
        if not self.cells or step - self.step < READ_EVERY:
            return {}
        before, self.before, self.step = self.before, self.kernels(), step
        sizes = {name: np.linalg.norm(old) for name, old in before.items()}
        return {name: float(np.linalg.norm(self.before[name] - old) / sizes[name]) if sizes[name] else np.nan for name, old in before.items()}


def has_trained_recurrence(layer: keras.layers.Layer) -> bool:
    """Return whether a layer has recurrent weights that are trained."""
    kernel = getattr(layer.cell, "recurrent_kernel", None) if isinstance(layer, keras.layers.RNN) else None
    return kernel is not None and kernel.trainable and layer.trainable


def spectral_radius(layer: keras.layers.RNN) -> float:
    """The largest absolute eigenvalue of the recurrent weights, of the gate with the largest for a gated cell; NaN where there are none."""
    kernel = getattr(layer.cell, "recurrent_kernel", None)
    if kernel is None:
        return float("nan")
    weights = np.asarray(kernel.value).astype(np.float64)  # numpy.linalg knows no half precision
    size = weights.shape[0]
    if weights.ndim != 2 or weights.shape[1] % size or not np.isfinite(weights).all():
        return float("nan")
    return float(max(np.abs(np.linalg.eigvals(weights[:, start : start + size])).max() for start in range(0, weights.shape[1], size)))
