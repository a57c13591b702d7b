"""A model given as any Keras model, which is trained with automatic differentiation."""

from __future__ import annotations

import random
import re
from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from unvanish.suite.models.model import Model, Sizes, Weights
from unvanish.suite.silence_stderr import quiet_stderr
from unvanish.tasks import Task

if TYPE_CHECKING:
    import keras


class KerasModel(Model):
    """A function from sizes to a Keras model.

    Its weights are called by their paths in Keras, with `_` for `/`. A layer called `output` is what gives the outputs. Layers with
    variables that are not trained or with randomness (batch normalisation, dropout) may be used; each trial has its own.
    """

    places = frozenset({"loss", "gradient", "update"})

    @abstractmethod
    def build(self, sizes: Sizes) -> keras.Model:
        """A model [batch, length, input] -> [batch, length, output], from float32 to logits or values at every step."""

    def built(self, sizes: Sizes, seed: int) -> keras.Model:
        """A model whose initial weights and random layers are of this seed.

        Keras takes the seed of an initializer or of a random layer from Python's generator, whose state is then restored.
        """
        state = random.getstate()
        random.seed(seed)
        try:
            with quiet_stderr():  # it may be the first to load TensorFlow
                return self.build(sizes)
        finally:
            random.setstate(state)

    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """What the layers' own initializers draw."""
        return {name: np.asarray(variable) for name, variable in named(self.built(sizes, seed).trainable_variables).items()}

    def first_kept(self, sizes: Sizes, seed: int) -> dict[str, np.ndarray]:
        """The variables that are not trained, at the start."""
        return {name: np.asarray(variable) for name, variable in named(self.built(sizes, seed).non_trainable_variables).items()}

    @cache  # noqa: B019 - a model lives as long as its process
    def parameters(self, sizes: Sizes) -> int:
        """How many numbers a network of these sizes learns."""
        return sum(weight.size for weight in self.initial_weights(sizes, seed=0).values())

    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> Any:
        """The model itself, with its outputs at the steps that a task asks for."""
        import keras

        model = self.build(sizes)
        for name, variable in named(model.variables).items():
            variable.assign(weights[name])
        answers = model.outputs[0] if len(task.loss_steps) > 1 else model.outputs[0][:, -1]
        last = keras.layers.Identity(name="value" if task.kind == "regression" else "logits")
        return keras.Model(model.inputs, last(answers), name=f"{task.name}_{self.name}")

    def work(self, sizes: Sizes) -> float:
        """As if every weight were used once, and what as many as 40 products cost for each unit."""
        return self.parameters(sizes) + 40 * sizes.hidden

    def remembered(self, sizes: Sizes, steps: int) -> int:
        """A guess: trials are trained one after another, so only the weights are side by side."""
        return steps * sizes.hidden


def named(variables: Sequence[Any]) -> dict[str, Any]:
    """Keras variables by their paths, without the numbers by which Keras tells the layers of a process apart; equal names are numbered anew."""
    found: dict[str, Any] = {}
    for variable in variables:
        name = re.sub(r"_\d+(?=/|$)", "", variable.path).replace("/", "_")
        same = sum(other == name or other.startswith(f"{name}#") for other in found)
        found[f"{name}#{same + 1}" if same else name] = variable
    return found
