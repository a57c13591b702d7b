"""All weights of a trial as one vector, so that clipping and the optimizer are one operation, and not one for each weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import tensorflow as tf

from unvanish.suite.models import Weights
from unvanish.suite.training.settings import Tensors


@dataclass(frozen=True)
class Packing:
    """Where each weight is in the vector: shapes by name, without the trial axis, in the vector's order."""

    shapes: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, weights: Weights) -> Packing:
        """For weights like these, of one trial."""
        return cls({name: weight.shape for name, weight in weights.items()})

    def places_of(self, wanted: Callable[[str], bool]) -> tf.Tensor:
        """Which places of the vector belong to weights of such a name: bool [P]."""
        return tf.constant([wanted(name) for name, shape in self.shapes.items() for _ in range(prod(shape))])

    def pack(self, tensors: Tensors) -> tf.Tensor:
        """[E, ...] each -> [E, P]."""
        return tf.concat([tf.reshape(tensors[name], [-1, prod(shape)]) for name, shape in self.shapes.items()], axis=1)

    def unpack(self, vectors: tf.Tensor) -> Tensors:
        """[E, P] -> [E, ...] each."""
        parts = tf.split(vectors, [prod(shape) for shape in self.shapes.values()], axis=1)
        return {name: tf.reshape(part, [-1, *shape]) for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)}
