"""The masks that reach the outputs of a model, as a part of the samples' weights.

Keras leaves masked steps out of a loss; arrays of predictions do not have the mask any more.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.evaluation import flat_targets, spread_over
from unvanish.suite.debugger.layer_calls import leaf_layers
from unvanish.suite.debugger.masks import keras_mask, makes_mask


def weighted_by_masks(model: keras.Model, data: Data) -> Data:
    """Samples whose weights are 0 at the masked steps of an output, and on average 1 over all; as they are where no mask reaches an output."""
    if not any(makes_mask(layer) for layer in leaf_layers(model)):
        return data
    with keras.StatelessScope():
        predictions = keras.tree.flatten(model(data.x, training=False))
    masks = [None if (mask := keras_mask(prediction)) is None else np.asarray(mask, bool) for prediction in predictions]
    targets, weights = flat_targets(data)
    if len(targets) != len(masks) or all(mask is None or mask.all() or not mask.any() for mask in masks):
        return data
    masked = [weight if mask is None else weighted(mask, weight) for mask, weight in zip(masks, weights, strict=True)]
    ones = [np.ones(data.samples) if weight is None else weight for weight in masked]
    return replace(data, weight=keras.tree.pack_sequence_as(data.y, ones))


def weighted(mask: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The weight of each step, [sample, step]: what is masked counts nothing, and what is not as much more, as in Keras."""
    steps = mask * (mask.size / max(mask.sum(), 1))
    return steps if weight is None else np.asarray(steps * spread_over(weight, steps))
