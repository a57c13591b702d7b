"""Clipping the gradients of each trial, by value (Mikolov 2012) and by the norm of all of them together (Pascanu et al. 2013)."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.training.recipes import Recipes, Tensors


class Clipped(NamedTuple):
    gradients: Tensors
    norm: tf.Tensor  # [trial], of all gradients together, before clipping
    acted: tf.Tensor  # bool [trial]: whether clipping changed anything


def norms(gradients: Tensors) -> tf.Tensor:
    """Norm of all gradients of each trial together, [trial]; infinite where a square overflows, as in tf.clip_by_global_norm."""
    squares = [tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank))) for gradient in gradients.values()]
    return tf.sqrt(tf.add_n(squares))


def clip(gradients: Tensors, recipes: Recipes) -> Clipped:
    """g <- max(min(g, value), -value), then g <- g min(1, threshold / norm); thresholds of infinity change nothing, to the bit."""

    def of(threshold: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        return tf.reshape(threshold, [-1] + [1] * (gradient.shape.rank - 1))

    norm = norms(gradients)
    largest = tf.reduce_max([tf.reduce_max(tf.abs(g), axis=list(range(1, g.shape.rank))) for g in gradients.values()], axis=0)
    by_value = {name: tf.clip_by_value(g, -of(recipes.clip_value, g), of(recipes.clip_value, g)) for name, g in gradients.items()}
    remaining = norms(by_value)
    factor = tf.where(remaining > recipes.clip_norm, recipes.clip_norm / remaining, 1.0)
    clipped = {name: gradient * of(factor, gradient) for name, gradient in by_value.items()}
    return Clipped(clipped, norm, (largest > recipes.clip_value) | (remaining > recipes.clip_norm))
