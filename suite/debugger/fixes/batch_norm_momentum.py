"""A lower momentum of batch normalisation: its moving statistics follow the batches' in fewer steps."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config

MOMENTA = (0.9, 0.5)


def propose(program):
    """For batch normalisation with a higher momentum."""
    found = layers(program.model) if is_graph(program.model) else []
    present = [layer.momentum for layer in found if isinstance(layer, keras.layers.BatchNormalization)]
    return [lower(momentum, max(present)) for momentum in MOMENTA if present and momentum < max(present)]


def lower(momentum, before):
    """The change to one momentum."""

    def change(layer):
        return with_config(layer, momentum=momentum) if isinstance(layer, keras.layers.BatchNormalization) else layer

    return Change(
        f"momentum {momentum:g} of batch normalisation instead of {before:g}",
        lambda program: replace(program, model=changed_layers(program.model, change)),
        f"keras.layers.BatchNormalization(momentum={momentum:g})\n",
    )


FIX = Fix("batch_norm_momentum", frozenset({"train_eval_mismatch"}), propose, 5)
