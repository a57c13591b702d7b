"""No mask, where the masked value is data."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config


def propose(program):
    """For models with a mask."""
    found = layers(program.model) if is_graph(program.model) else []
    if not any(without_mask(layer) is not layer for layer in found):
        return []
    code = "# leave keras.layers.Masking out, and mask_zero=True of an Embedding\n"
    return [Change("no mask", lambda program: replace(program, model=changed_layers(program.model, without_mask, masks=False)), code)]


def without_mask(layer):
    """A layer that passes its input on without a mask, or an Embedding that masks nothing."""
    if isinstance(layer, keras.layers.Masking):
        return keras.layers.Activation("linear", name=layer.name)
    if isinstance(layer, keras.layers.Embedding) and layer.mask_zero:
        return with_config(layer, mask_zero=False)
    return layer


FIX = Fix("remove_mask", frozenset({"masked_data"}), propose, 8, part="mask")
