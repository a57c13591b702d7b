"""Leaky ReLUs, whose gradient is never zero."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.architecture import activation_name
from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config

SLOPE = 0.1


def propose(program):
    """For models with ReLUs."""
    found = layers(program.model) if is_graph(program.model) else []
    if not any(activation_name(layer) == "relu" for layer in found):
        return []
    code = f"keras.layers.Dense(units)\nkeras.layers.LeakyReLU({SLOPE:g})\n"
    return [Change("leaky ReLU instead of ReLU", lambda program: replace(program, model=changed_layers(program.model, leaky)), code)]


def leaky(layer):
    """The layer with a leaky ReLU in place of a ReLU."""
    if activation_name(layer) != "relu":
        return layer
    return keras.layers.LeakyReLU(SLOPE, name=layer.name) if isinstance(layer, keras.layers.ReLU) else with_config(layer, activation="leaky_relu")


FIX = Fix("leaky_relu", frozenset({"dead"}), propose, 9)
