"""The indices that embeddings are given, beside the number of their rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.layer_calls import Calls
from unvanish.suite.diagnosis.keras_training import Lookup


def lookups(model: keras.Model, x: Any, calls: Calls) -> tuple[Lookup, ...]:
    """The indices of each Embedding that takes an input of the model as it is, of all samples."""
    inputs = getattr(model, "inputs", None) or []
    arrays = [x.get(tensor.name) for tensor in inputs] if isinstance(x, dict) else keras.tree.flatten(x)
    if len(inputs) != len(arrays):
        return ()
    found = []
    for layer in calls.order:
        if not isinstance(layer, keras.layers.Embedding):
            continue
        taken = [id(tensor) for node in layer._inbound_nodes for tensor in node.input_tensors]
        found += [lookup(layer, array) for tensor, array in zip(inputs, arrays, strict=True) if id(tensor) in taken and array is not None]
    return tuple(found)


def lookup(layer: keras.layers.Embedding, indices: np.ndarray) -> Lookup:
    """The lowest and the highest of the indices; Keras makes whole numbers of fractions."""
    known = indices[np.isfinite(indices)] if np.issubdtype(indices.dtype, np.floating) else indices
    return Lookup(layer.name, int(layer.input_dim), int(known.min()) if known.size else 0, int(known.max()) if known.size else 0)
