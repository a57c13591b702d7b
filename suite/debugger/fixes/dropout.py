"""Dropout before the last layer, against fitting the training data alone (Srivastava et al. 2014)."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.output_layers import last_layers
from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, with_config

RATE = 0.4


def propose(program):
    """For models whose last layer is Dense."""
    dense, _ = last_layers(program)

    def with_dropout(layer):
        return keras.Sequential([keras.layers.Dropout(RATE), with_config(layer)]) if layer is dense else layer

    code = f"keras.layers.Dropout({RATE:g})  # before the last layer\n"
    return [Change(f"dropout of {RATE:g} before the last layer", lambda program: changed(program, with_dropout), code)]


def changed(program, change):
    """The program with a layer changed."""
    return replace(program, model=changed_layers(program.model, change))


FIX = Fix("dropout", frozenset({"overfitting"}), propose, 20)
