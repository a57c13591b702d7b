"""One step of SGD, RMSprop or Adam, chosen trial by trial, by the rules of Keras.

SGD      w -= lr g
RMSprop  v = rho v + (1 - rho) g^2;  w -= lr g / sqrt(v + epsilon)                        (Tieleman & Hinton 2012)
Adam     m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr_t m / (sqrt(v) + epsilon)
         with lr_t = lr sqrt(1 - b2^t) / (1 - b1^t)                                       (Kingma & Ba 2015)
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.training.recipes import Recipes, Tensors

RMSPROP_RHO = 0.9
ADAM_BETA_1 = 0.9
ADAM_BETA_2 = 0.999
EPSILON = 1e-7


class Moments(NamedTuple):
    """Running means of the gradient and of its square, shaped like the weights."""

    first: Tensors
    second: Tensors


def no_moments(weights: Tensors) -> Moments:
    return Moments({name: tf.zeros_like(weight) for name, weight in weights.items()}, {name: tf.zeros_like(weight) for name, weight in weights.items()})


def update(weights: Tensors, gradients: Tensors, moments: Moments, recipes: Recipes, step: tf.Tensor) -> tuple[Tensors, Moments]:
    """Weights and moments after the step number `step`, counted from 1."""
    t = tf.cast(step, tf.float32)
    adam_rate = recipes.learning_rate * tf.sqrt(1 - ADAM_BETA_2**t) / (1 - ADAM_BETA_1**t)
    decay = tf.where(recipes.is_adam, ADAM_BETA_2, RMSPROP_RHO)
    new_weights, first, second = {}, {}, {}
    for name, weight in weights.items():
        gradient = gradients[name]
        trials = [-1] + [1] * (weight.shape.rank - 1)
        rho = tf.reshape(decay, trials)
        first[name] = m = ADAM_BETA_1 * moments.first[name] + (1 - ADAM_BETA_1) * gradient
        second[name] = v = rho * moments.second[name] + (1 - rho) * tf.square(gradient)
        sgd = tf.reshape(recipes.learning_rate, trials) * gradient
        rmsprop = sgd * tf.math.rsqrt(v + EPSILON)
        adam = tf.reshape(adam_rate, trials) * m / (tf.sqrt(v) + EPSILON)
        is_rmsprop, is_adam = tf.reshape(recipes.is_rmsprop, trials), tf.reshape(recipes.is_adam, trials)
        new_weights[name] = weight - tf.where(is_adam, adam, tf.where(is_rmsprop, rmsprop, sgd))
    return new_weights, Moments(first, second)
