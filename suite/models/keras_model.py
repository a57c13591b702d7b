"""The base class of models that are given as a Keras model and trained with automatic differentiation."""

from __future__ import annotations

import random
import re
from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from unvanish.suite.models.model import Model, Sizes, Weights, keras_name
from unvanish.suite.silence_stderr import silence_stderr
from unvanish.tasks import Task

if TYPE_CHECKING:
    import keras


class KerasModel(Model):
    """A function from sizes to a Keras model.

    Weights are named by their paths in Keras, with `_` for `/`. The layer that returns the outputs is called `output`. Layers with
    non-trainable variables or randomness (batch normalisation, dropout) may be used; each trial has its own.
    """

    hook_points = frozenset({"inputs", "loss", "gradient", "update"})

    @abstractmethod
    def build(self, sizes: Sizes) -> keras.Model:
        """Return a model [batch, length, input] -> [batch, length, output], from float32 to logits or values at every time step."""

    def build_seeded(self, sizes: Sizes, seed: int) -> keras.Model:
        """Build a model whose initial weights and random layers are drawn from a seed.

        Keras draws the seed of an initializer or of a random layer from Python's generator. It is given one of its own instead: other threads of a
        worker, and modules that are loaded meanwhile, draw from Python's too.
        """
        with silence_stderr():  # it may be the first to load TensorFlow
            from keras.src.random import seed_generator

            shared = seed_generator.python_random
            seed_generator.python_random = random.Random(seed)
            try:
                return self.build(sizes)
            finally:
                seed_generator.python_random = shared

    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """Return the weights that the layers' own initializers draw."""
        return {name: np.asarray(variable) for name, variable in variables_by_name(self.build_seeded(sizes, seed).trainable_variables).items()}

    def initial_non_trainable(self, sizes: Sizes, seed: int) -> dict[str, np.ndarray]:
        """Return the model's non-trainable variables before training."""
        return {name: np.asarray(variable) for name, variable in variables_by_name(self.build_seeded(sizes, seed).non_trainable_variables).items()}

    @cache  # noqa: B019 - a model lives as long as its process
    def parameters(self, sizes: Sizes) -> int:
        """Return the number of trainable parameters, without memory for them: a plan may be of a network that no machine can hold."""
        with silence_stderr():
            import keras

        try:
            with keras.StatelessScope(initialize_variables=False):
                return sum(prod(variable.shape) for variable in self.build_seeded(sizes, seed=0).trainable_variables)
        except ValueError:  # a layer makes a variable of an array, which has no shape without it
            return sum(weight.size for weight in self.initial_weights(sizes, seed=0).values())

    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> Any:
        """Return the model itself, with its outputs at the loss steps of a task."""
        model = self.build(sizes)
        for name, variable in variables_by_name(model.variables).items():
            variable.assign(weights[name])
        return at_loss_steps(task, self.name, model.inputs[0], model.outputs[0])

    def flops(self, sizes: Sizes) -> float:
        """Count one multiplication for each weight and the equivalent of 40 for each unit."""
        return self.parameters(sizes) + 40 * sizes.hidden

    def activation_count(self, sizes: Sizes, steps: int) -> int:
        """Count one number for each unit and time step: trials are trained one after another, so activations of a single trial are in memory."""
        return steps * sizes.hidden


def at_loss_steps(task: Task, name: str, inputs: Any, outputs: Any) -> Any:
    """Return the Keras model from inputs to the outputs at the loss steps of a task, out of those at every time step."""
    import keras

    last = keras.layers.Identity(name="value" if task.kind == "regression" else "logits")
    return keras.Model(inputs, last(outputs if len(task.loss_steps) > 1 else outputs[:, -1]), name=keras_name(task.name, name))


def variables_by_name(variables: Sequence[Any]) -> dict[str, Any]:
    """Return Keras variables by path, without the numbers that Keras appends to the layers of a process; equal names are numbered anew."""
    by_name: dict[str, Any] = {}
    for variable in variables:
        name = re.sub(r"_\d+(?=/|$)", "", variable.path).replace("/", "_")
        same = sum(other == name or other.startswith(f"{name}#") for other in by_name)
        by_name[f"{name}#{same + 1}" if same else name] = variable
    return by_name
