"""Clipping the gradient of each trial, by value (Mikolov 2012) and by its norm over all weights (Pascanu et al. 2013)."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.training.recipes import Recipes


class Clipped(NamedTuple):
    gradients: tf.Tensor  # [trial, weight]
    norm: tf.Tensor  # [trial], before clipping
    acted: tf.Tensor  # bool [trial]: whether clipping changed anything


def clip(gradients: tf.Tensor, recipes: Recipes) -> Clipped:
    """g <- max(min(g, value), -value), then g <- g min(1, threshold / norm); thresholds of infinity change nothing, to the bit.

    Gradients [trial, weight]. The norm is infinite where a square overflows, as in tf.clip_by_global_norm.
    """
    value = recipes.clip_value[:, None]
    by_value = tf.clip_by_value(gradients, -value, value)
    remaining = norms(by_value)
    factor = tf.where(remaining > recipes.clip_norm, recipes.clip_norm / remaining, 1.0)
    acted = tf.reduce_any(tf.abs(gradients) > value, axis=1) | (remaining > recipes.clip_norm)
    return Clipped(by_value * factor[:, None], norms(gradients), acted)


def norms(gradients: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1))
