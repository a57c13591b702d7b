"""An Embedding with a row for every index of the input."""

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config


def propose(program):
    """For one input of whole numbers that go beyond an Embedding."""
    found = [layer for layer in layers(program.model) if isinstance(layer, keras.layers.Embedding)] if is_graph(program.model) else []
    if len(program.inputs) != 1 or not found or not np.issubdtype(program.inputs[0].dtype, np.number):
        return []
    rows = int(program.inputs[0].max()) + 1
    if program.inputs[0].min() < 0 or all(layer.input_dim >= rows for layer in found):
        return []

    def change(layer):
        return with_config(layer, input_dim=rows) if isinstance(layer, keras.layers.Embedding) and layer.input_dim < rows else layer

    code = f"keras.layers.Embedding({rows}, {found[0].output_dim})\n"
    return [Change(f"an Embedding of {rows} rows", lambda program: replace(program, model=changed_layers(program.model, change)), code)]


FIX = Fix("larger_embedding", frozenset({"index_out_of_range"}), propose, 1)
