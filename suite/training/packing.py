"""All weights of a trial as one vector, so that clipping and the optimizer are one operation, and not one for each weight."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import tensorflow as tf

from suite.models import Model, Sizes
from suite.recipe import Recipe
from suite.training.recipes import Tensors


@dataclass(frozen=True)
class Packing:
    """Where each weight is in the vector: shapes by name, without the trial axis, in the vector's order."""

    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, model: Model, sizes: Sizes) -> Packing:
        return cls({name: weight.shape for name, weight in model.initial_weights(sizes, Recipe(0.0), seed=0).items()})

    @property
    def of_output(self) -> tf.Tensor:
        """Which places of the vector belong to the output layer: bool [P]."""
        return tf.constant([name.startswith("output_") for name, shape in self.shapes.items() for _ in range(prod(shape))])

    def pack(self, tensors: Tensors) -> tf.Tensor:
        """[E, ...] each -> [E, P]."""
        return tf.concat([tf.reshape(tensors[name], [-1, prod(shape)]) for name, shape in self.shapes.items()], axis=1)

    def unpack(self, vectors: tf.Tensor) -> Tensors:
        """[E, P] -> [E, ...] each."""
        parts = tf.split(vectors, [prod(shape) for shape in self.shapes.values()], axis=1)
        return {name: tf.reshape(part, [-1, *shape]) for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)}
