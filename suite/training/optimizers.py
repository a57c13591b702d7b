"""One step of SGD, RMSprop or Adam, chosen trial by trial, by the rules of Keras.

SGD      w -= lr g
RMSprop  v = rho v + (1 - rho) g^2;  w -= lr g / sqrt(v + epsilon)                        (Tieleman & Hinton 2012)
Adam     m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr_t m / (sqrt(v) + epsilon)
         with lr_t = lr sqrt(1 - b2^t) / (1 - b1^t)                                       (Kingma & Ba 2015)
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.training.recipes import Recipes

RMSPROP_RHO = 0.9
ADAM_BETA_1 = 0.9
ADAM_BETA_2 = 0.999
EPSILON = 1e-7


class Moments(NamedTuple):
    """Running means of the gradient and of its square, [trial, weight]."""

    first: tf.Tensor
    second: tf.Tensor


def no_moments(weights: tf.Tensor) -> Moments:
    return Moments(tf.zeros_like(weights), tf.zeros_like(weights))


def update(weights: tf.Tensor, gradients: tf.Tensor, moments: Moments, recipes: Recipes, step: tf.Tensor) -> tuple[tf.Tensor, Moments]:
    """Weights [trial, weight] and moments after the step number `step`, counted from 1."""
    t, rate = tf.cast(step, tf.float32), recipes.learning_rate[:, None]
    is_rmsprop, is_adam = recipes.is_rmsprop[:, None], recipes.is_adam[:, None]
    rho = tf.where(is_adam, ADAM_BETA_2, RMSPROP_RHO)
    m = ADAM_BETA_1 * moments.first + (1 - ADAM_BETA_1) * gradients
    v = rho * moments.second + (1 - rho) * tf.square(gradients)
    sgd = rate * gradients
    rmsprop = sgd * tf.math.rsqrt(v + EPSILON)
    adam = rate * tf.sqrt(1 - ADAM_BETA_2**t) / (1 - ADAM_BETA_1**t) * m / (tf.sqrt(v) + EPSILON)
    return weights - tf.where(is_adam, adam, tf.where(is_rmsprop, rmsprop, sgd)), Moments(m, v)
