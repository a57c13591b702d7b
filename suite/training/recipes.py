"""The recipes of a cohort as data, so that one program trains all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from suite.recipe import Recipe

Tensors = dict[str, tf.Tensor]


class Recipes(NamedTuple):
    """[trial] unless said otherwise."""

    learning_rate: tf.Tensor
    clip_norm: tf.Tensor
    clip_value: tf.Tensor
    is_rmsprop: tf.Tensor
    is_adam: tf.Tensor
    is_relu: tf.Tensor
    only_output: tf.Tensor  # bool: whether the output layer alone is trained
    keep: tf.Tensor  # bool [time, trial]: whether the gradient passes from the state at this step to the one before
    sequence: tf.Tensor  # int32: which of the seeds' sequences the trial sees


def as_tensors(recipes: Sequence[Recipe], length: int, sequence: Sequence[int]) -> Recipes:
    """Recipes as data, with the gradient's way through `length` steps as a mask."""
    return Recipes(
        learning_rate=tf.constant([recipe.learning_rate for recipe in recipes], tf.float32),
        clip_norm=tf.constant([recipe.clip_norm for recipe in recipes], tf.float32),
        clip_value=tf.constant([recipe.clip_value for recipe in recipes], tf.float32),
        is_rmsprop=tf.constant([recipe.optimizer == "rmsprop" for recipe in recipes]),
        is_adam=tf.constant([recipe.optimizer == "adam" for recipe in recipes]),
        is_relu=tf.constant([recipe.activation == "relu" for recipe in recipes]),
        only_output=tf.constant([recipe.trained == "output" for recipe in recipes]),
        keep=tf.constant(np.stack([gradient_passes(length, recipe.truncation) for recipe in recipes], axis=1)),
        sequence=tf.constant(sequence, tf.int32),
    )


def gradient_passes(length: int, window: int | None) -> NDArray[np.bool_]:
    """Whether the gradient passes from step t to t - 1, [T]: not at the edges of windows, which are counted from the end.

    So the loss at the last step reaches the `window` last steps, whatever the length.
    """
    steps = np.arange(length)
    return np.ones(length, bool) if window is None else (length - steps) % window != 0


def all_see_the_same(recipes: Recipes) -> Recipes:
    """The recipes of a cohort whose trials are all shown the same sequences."""
    return recipes._replace(sequence=tf.zeros_like(recipes.sequence))
