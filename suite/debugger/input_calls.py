"""Records what enters and leaves every layer, containers too, while a block calls a model: tensors, masks and whether it is in training mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from unvanish.suite.debugger.layer_calls import replace


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer: `inputs` and `outputs` are all tensors of it, `arguments` those by name, among them `training` and `mask`."""

    layer: keras.layers.Layer
    inputs: list[Any]
    outputs: list[Any]
    arguments: dict[str, Any]


@contextmanager
def recorded_inputs(model: keras.Model) -> Iterator[list[Call]]:
    """Record the calls of the block in the order in which they return; those of a recurrent layer's cell are left out."""
    calls: list[Call] = []
    restoring = [replace(layer, "call", partial(record, layer.call, layer, calls)) for layer in layers_of(model)]
    try:
        yield calls
    finally:
        for restore in reversed(restoring):
            restore()


def layers_of(model: keras.Model) -> list[keras.layers.Layer]:
    """All layers within a model, those within containers and wrappers too, but not the parts of a recurrent layer."""
    found: list[keras.layers.Layer] = []

    def visit(layer: keras.layers.Layer) -> None:
        if layer not in found and not isinstance(layer, keras.layers.InputLayer):
            found.append(layer)
            for each in [] if isinstance(layer, keras.layers.RNN) else layer._layers:
                visit(each)

    for layer in model._layers:
        visit(layer)
    return found


def record(call, layer, calls, *arguments, **named):
    """Call a layer and record the call."""
    outputs = call(*arguments, **named)
    inputs = [tensor for part in (arguments, named) for tensor in keras.tree.flatten(part) if keras.ops.is_tensor(tensor)]
    calls.append(Call(layer, inputs, [tensor for tensor in keras.tree.flatten(outputs) if keras.ops.is_tensor(tensor)], named))
    return outputs
