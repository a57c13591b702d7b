"""The base class of all models: a model maps sequences to outputs, and draws its initial weights from a seed.

There are two kinds: a `Cell` is defined by its gates and the equation that combines them, and is trained with a written-out
backward pass; a `KerasModel` is any Keras model, trained with automatic differentiation.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks import Task
from unvanish.tasks.seeding import generator

if TYPE_CHECKING:
    import keras

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Sizes:
    """The sizes of one network; `length` is the number of time steps of its sequences."""

    input: int
    hidden: int
    output: int
    length: int


class Model(ABC):
    """An architecture.

    name                  the name in profiles, tables and reports
    version               raised by hand when its numbers change; a plug-in without one is identified by its file
    summary               what it is, in half a sentence
    reference             the papers that it comes from
    source_rows           the rows of the source document that describe it
    claim                 the claim of the source document, in these rows, that it does better than a vanilla network; empty where there is none
    rescues               the causes of a failure from which it is predicted to rescue a trial, in place of its model, at the trial's learning rate;
                          None for no prediction
    rescues_at_best_rate  the same at the rate that tuning chose for it
    title, detail         its name as the literature writes it, and its setting; see `Cell.explain`
    position              its rank in lists
    recurrent             whether a state is passed from one time step to the next
    memoryless            whether the output at a time step depends on the input at that step alone
    causal                whether no output depends on a later input; a model that sees the whole sequence is refused on tasks that ask at more than
                          one step, and marked wherever it is shown
    gated                 whether it has gates with a sigmoid
    has_activation        whether it has an activation of the state, which a mitigation can replace
    recurrent_blocks      number of square matrices side by side in its recurrent kernel
    hook_points           the hook points at which a mitigation can act on it, out of `unvanish.suite.mitigations.mitigation.HOOK_POINTS`
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    reference: ClassVar[str]
    source_rows: ClassVar[str] = ""
    claim: ClassVar[str] = ""
    rescues: ClassVar[frozenset[str] | None] = None
    rescues_at_best_rate: ClassVar[frozenset[str] | None] = None
    title: ClassVar[str] = ""
    detail: ClassVar[str] = ""
    position: ClassVar[int] = 99
    recurrent: ClassVar[bool]
    memoryless: ClassVar[bool] = False
    causal: ClassVar[bool] = True
    gated: ClassVar[bool] = False
    recurrent_blocks: ClassVar[int] = 0
    hook_points: ClassVar[frozenset[str]]

    @property
    def has_activation(self) -> bool:
        """False but for cells."""
        return False

    @abstractmethod
    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """Return the weights of one trial before training, without a trial axis, by name."""

    def initial_non_trainable(self, sizes: Sizes, seed: int) -> dict[str, NDArray[Any]]:
        """Return the variables of one trial that are not trained, such as running means, before training; most models have none."""
        return {}

    @abstractmethod
    def parameters(self, sizes: Sizes) -> int:
        """Return the number of trainable parameters."""

    @abstractmethod
    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> keras.Model:
        """Return a trained network of one trial as a plain Keras model, whose last layer is called `logits`, or `value` for a regression.

        It maps [batch, time, input] to [batch, output], or to [batch, time, output] for a task with a loss at every step; that of a
        memoryless model maps [batch, input] to [batch, output], for one time step.
        """

    @abstractmethod
    def flops(self, sizes: Sizes) -> float:
        """Return the cost of one time step of one sequence, in multiplications; a rough estimate to order cohorts by."""

    @abstractmethod
    def activation_count(self, sizes: Sizes, steps: int) -> int:
        """Return how many numbers the forward pass over `steps` time steps of one sequence stores for the backward pass."""

    def random(self, weight: str, seed: int, block: int) -> np.random.Generator:
        """Return the generator of one block of a weight: each block has its own, so that a change of one leaves the others as they are."""
        return generator("weights", seed, ("kernel", "recurrent_kernel", "bias", "output_kernel").index(weight), block)


def keras_name(*parts: str) -> str:
    """Return the name of a Keras model or layer made of names of tasks and models: Keras refuses a slash, and TensorFlow what is not ASCII."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", "_".join(parts))
