"""Inputs with mean 0 and standard deviation 1 over the training rows, feature by feature."""

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.program import Change, Fix, NotPossible
from unvanish.suite.debugger.rebuild import is_graph, layers

CODE = "normalise = keras.layers.Normalization()\nnormalise.adapt(x)  # then make it the first layer of the model\n"
CAUSES = {"input_scale", "saturated", "dead", "exploded", "rate_too_high", "rate_too_low", "no_signal", "no_better_than_simple", "train_eval_mismatch"}


def propose(program):
    """For inputs of floating-point numbers that are not standardised."""
    if not any(can_be(array) for array in program.inputs):
        return []
    kept = masked_value(program)
    far = [array for array in program.inputs if can_be(array) and is_far(array[program.training])]
    return [Change("standardised inputs", lambda program: standardised(program, kept), CODE)] if far else []


def can_be(array):
    """Return whether it is a quantity: whole numbers may be looked up in an Embedding."""
    return np.issubdtype(array.dtype, np.floating) and array.ndim > 1


def is_far(array):
    """Return whether a feature has another mean or deviation than standardised ones, by enough to matter."""
    axes = tuple(range(array.ndim - 1))
    mean, deviation = np.nanmean(array, axis=axes), np.nanstd(array, axis=axes)
    varies = deviation > 0
    return bool((np.abs(mean[varies]) > 0.5).any() or (deviation[varies] > 2).any() or (deviation[varies] < 0.5).any())


def masked_value(program):
    """The value that marks padding for a Masking layer; None without one."""
    values = [layer.mask_value for layer in layers(program.model) if isinstance(layer, keras.layers.Masking)] if is_graph(program.model) else []
    return float(np.ravel(values[0])[0]) if values else None


def standardised(program, kept):
    """The program with standardised inputs; steps that are padding stay as they are."""
    found = layers(program.model) if is_graph(program.model) else []
    if len(program.inputs) == 1 and any(isinstance(layer, keras.layers.Embedding) for layer in found):
        raise NotPossible("the input is looked up in an Embedding")

    def scaled(array):
        if not can_be(array):
            return array
        values = array.astype(np.float64)
        padding = np.zeros(array.shape[:-1], bool) if kept is None or array.ndim < 3 else (values == kept).all(axis=-1)
        known = np.where(padding[..., None], np.nan, values)[program.training]
        axes = tuple(range(array.ndim - 1))
        mean, deviation = np.nanmean(known, axis=axes), np.nanstd(known, axis=axes)
        result = (values - np.nan_to_num(mean)) / np.where(deviation > 0, deviation, 1.0)
        return np.where(padding[..., None], values, result).astype(np.float32)

    return replace(program, data=replace(program.data, x=keras.tree.map_structure(scaled, program.data.x)))


FIX = Fix("standardise_inputs", frozenset(CAUSES), propose, 15)
