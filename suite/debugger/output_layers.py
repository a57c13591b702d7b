"""The layer that computes an output, and a program with another in its place."""

from __future__ import annotations

from typing import Any

import keras

from unvanish.suite.debugger.architecture import activation_name
from unvanish.suite.debugger.program import NotPossible, Program
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config

ACTIVATIONS = (keras.layers.Activation, keras.layers.Softmax, keras.layers.ReLU, keras.layers.LeakyReLU)


def last_layers(program: Program) -> tuple[Any, list[Any]]:
    """The Dense layer that computes the only output, and the layers after it that are an activation; raises `NotPossible` where there is none."""
    if len(program.readings) != 1:
        raise NotPossible("the model has more than one output")
    if not is_graph(program.model):
        raise NotPossible("the layers of a subclassed model cannot be replaced")
    after: list[Any] = []
    for layer in reversed(layers(program.model)):
        if isinstance(layer, keras.layers.Dense):
            return layer, after
        if not isinstance(layer, ACTIVATIONS):
            break
        after.append(layer)
    raise NotPossible("the last layer is not Dense")


def last_activation(program: Program) -> str:
    """The activation of the output; linear where there is none."""
    dense, after = last_layers(program)
    names = [activation_name(layer) for layer in (*after, dense)]
    return next((name for name in names if name and name != "linear"), "linear")


def with_last_layer(program: Program, units: int, activation: str) -> keras.Model:
    """A copy of the model with so many units and this activation in its last layer; raises `NotPossible`."""
    dense, after = last_layers(program)

    def change(layer: Any) -> Any:
        if layer is dense:
            return with_config(layer, units=units, activation=activation)
        if any(layer is each for each in after):
            return keras.layers.Activation("linear", name=layer.name)
        return layer

    return changed_layers(program.model, change)
