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
    """The layout of the vector: the shapes of the weights by name, without the trial axis, in the vector's order."""

    shapes: Mapping[str, tuple[int, ...]]

    @classmethod
    def for_weights(cls, weights: Weights) -> Packing:
        """Return the layout for the weights of one trial."""
        return cls({name: weight.shape for name, weight in weights.items()})

    def mask_for(self, predicate: Callable[[str], bool]) -> tf.Tensor:
        """Return which elements of the vector belong to a weight whose name fulfils a predicate, bool [P]."""
        return tf.constant([predicate(name) for name, shape in self.shapes.items() for _ in range(prod(shape))])

    def pack(self, tensors: Tensors) -> tf.Tensor:
        """Concatenate [E, ...] each -> [E, P]."""
        return tf.concat([tf.reshape(tensors[name], [-1, prod(shape)]) for name, shape in self.shapes.items()], axis=1)

    def unpack(self, vectors: tf.Tensor) -> Tensors:
        """Split [E, P] -> [E, ...] each."""
        parts = tf.split(vectors, [prod(shape) for shape in self.shapes.values()], axis=1)
        return {name: tf.reshape(part, [-1, *shape]) for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)}
