"""A gated cell instead of a SimpleRNN, whose gradient reaches further back (Hochreiter & Schmidhuber 1997, Cho et al. 2014)."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers

KEPT = ("units", "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "dropout", "recurrent_dropout", "name")
CAUSES = {"vanished", "exploded", "saturated", "dead", "no_signal", "no_better_than_simple"}


def propose(program):
    """For models with a SimpleRNN; a layer that returns its state becomes a GRU, which has one state, too."""
    simple = [layer for layer in layers(program.model) if is_simple(layer)] if is_graph(program.model) else []
    if not simple:
        return []
    kinds = [keras.layers.LSTM, keras.layers.GRU]
    if any(layer.return_state for layer in simple):
        kinds = [keras.layers.GRU]
    return [gated(kind, simple[0].units) for kind in kinds]


def is_simple(layer):
    """Return whether it is a SimpleRNN."""
    return isinstance(layer, keras.layers.SimpleRNN)


def gated(kind, units):
    """The change to one kind of cell, with Keras' own initial weights."""

    def change(layer):
        return kind(**{name: value for name, value in layer.get_config().items() if name in KEPT}) if is_simple(layer) else layer

    name = f"{kind.__name__} instead of SimpleRNN"
    return Change(name, lambda program: replace(program, model=changed_layers(program.model, change)), f"keras.layers.{kind.__name__}({units})\n")


FIX = Fix("gated_cell", frozenset(CAUSES), propose, 5)
