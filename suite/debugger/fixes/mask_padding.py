"""A mask for steps that are padding, so that a recurrent layer does not go on over them."""

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import behind, changed_layers, is_graph, layers, with_config

MIN_SHARE = 0.1  # of the samples that begin or end with it
CAUSES = {"unmasked_padding", "mask_lost", "vanished", "no_signal"}


def propose(program):
    """For sequences that begin or end with a constant, in a model without a mask."""
    found = layers(program.model) if is_graph(program.model) else []
    if len(program.inputs) != 1 or any(isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False) for layer in found):
        return []
    array = program.inputs[0]
    embedded = any(isinstance(layer, keras.layers.Embedding) for layer in found)
    value = padding(array)
    if value is None or (embedded and value != 0):
        return []
    if embedded:
        code = "keras.layers.Embedding(..., mask_zero=True)\n"
        return [Change("a mask for the zeros (mask_zero)", lambda program: replace(program, model=changed_layers(program.model, with_mask)), code)]
    if array.ndim != 3:
        return []
    mask = f"keras.layers.Masking({value:g})"
    return [
        Change(
            f"a mask for steps of {value:g}",
            lambda program: replace(program, model=behind(program.model, keras.layers.Masking(value))),
            f"{mask}  # as the first layer\n",
        )
    ]


def with_mask(layer):
    """An Embedding that masks zeros."""
    return with_config(layer, mask_zero=True) if isinstance(layer, keras.layers.Embedding) else layer


def padding(array):
    """The value that fills the first or the last steps of at least some samples; None where there is none."""
    if array.ndim not in (2, 3) or array.shape[1] < 2 or not np.issubdtype(array.dtype, np.number):
        return None
    for end in (array[:, -2:], array[:, :2]):
        flat = end.reshape(len(end), -1)
        constant = flat[(flat == flat[:, :1]).all(axis=1), 0]
        if constant.size:
            values, counts = np.unique(constant, return_counts=True)
            if counts.max() >= MIN_SHARE * len(array):
                return float(values[counts.argmax()])
    return None


FIX = Fix("mask_padding", frozenset(CAUSES), propose, 8, part="mask")
