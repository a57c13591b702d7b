"""Initial weights drawn anew: orthogonal recurrent ones, Glorot's, and He's before a ReLU."""

from dataclasses import replace

from unvanish.suite.debugger.architecture import activation_name
from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, with_config

NAMES = ("kernel_initializer", "recurrent_initializer", "bias_initializer")
CODE = 'keras.layers.SimpleRNN(units, recurrent_initializer="orthogonal")\nkeras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")\n'


def propose(program):
    """For models whose layers are known."""

    def change(program):
        return replace(program, model=changed_layers(program.model, redrawn, redraw=True))

    return [Change("initial weights drawn anew (orthogonal, Glorot, He)", change, CODE)]


def redrawn(layer):
    """A layer with the usual initial weights for its activation."""
    config = layer.get_config()
    if "kernel_initializer" not in config:
        return layer
    usual = ("he_normal" if "relu" in activation_name(layer) else "glorot_uniform", "orthogonal", "zeros")
    return with_config(layer, **{name: value for name, value in zip(NAMES, usual, strict=True) if name in config})


FIX = Fix("initial_weights", frozenset({"symmetric", "dead", "saturated", "vanished", "exploded", "not_finite_weights"}), propose, 7)
