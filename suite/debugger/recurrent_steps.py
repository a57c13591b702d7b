"""How far training moves the recurrent weights, every few steps: a measurement now and then would miss a spike of the gradient.

One spike is enough to end a training: it moves the weights to where the gradient vanishes or units saturate, and only those are seen
afterwards (Pascanu et al. 2013, section 2.3: the walls of the error surface).
"""

from __future__ import annotations

import keras
import numpy as np

from unvanish.suite.debugger.watched_calls import leaf_layers

EVERY = 4  # training steps: reading the weights at each of them took 5 % of a small training's time


class RecurrentSteps:
    """The recurrent weights of the trained recurrent layers of a model, and how far they went."""

    def __init__(self, model: keras.Model) -> None:
        self.cells = {layer.name: layer.cell for layer in leaf_layers(model) if recurrent_kernel(layer) is not None}
        self.ends: list[int] = []
        self.ratios: dict[str, list[float]] = {name: [] for name in self.cells}
        self.before, self.step = self.kernels(), 0

    def kernels(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(keras.ops.convert_to_numpy(cell.recurrent_kernel)) for name, cell in self.cells.items()}

    def look(self, step: int) -> None:
        """After a training step; reads the weights where the last time was `EVERY` steps ago."""
        if not self.cells or step - self.step < EVERY:
            return
        after = self.kernels()
        self.ends.append(step)
        for name, old in self.before.items():
            size = np.linalg.norm(old)
            self.ratios[name].append(float(np.linalg.norm(after[name] - old) / size) if size else np.nan)
        self.before, self.step = after, step


def recurrent_kernel(layer: keras.layers.Layer) -> keras.Variable | None:
    """The trained recurrent weights of a layer; None where it has none."""
    kernel = getattr(layer.cell, "recurrent_kernel", None) if isinstance(layer, keras.layers.RNN) else None
    return kernel if kernel is not None and kernel.trainable and layer.trainable else None
