"""What every model has in common: it maps sequences to outputs, and draws its initial weights from a seed.

There are two kinds: a `Cell` says its gates and the equation that joins them, and is trained with the backward pass written
out; a `KerasModel` is any Keras model, trained with automatic differentiation.
"""

from __future__ import annotations

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
    """The sizes of one network; `length` is the number of time steps it will see."""

    input: int
    hidden: int
    output: int
    length: int


class Model(ABC):
    """An architecture.

    source_rows       of the source document that the model demonstrates
    recurrent         whether a state is handed from one time step to the next
    memoryless        whether what came before cannot matter: the output at a step depends on the input at that step alone
    gated             whether there are gates, which let a share of something through
    recurrent_blocks  square matrices side by side in its recurrent kernel; 0 where it has none
    exportable        whether a trained network loads as a Keras model of standard layers, without this project
    places            at which a mitigation can act on it
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    source_rows: ClassVar[str] = ""
    position: ClassVar[int] = 99
    recurrent: ClassVar[bool]
    memoryless: ClassVar[bool] = False
    gated: ClassVar[bool] = False
    recurrent_blocks: ClassVar[int] = 0
    exportable: ClassVar[bool] = True
    places: ClassVar[frozenset[str]]

    @abstractmethod
    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """The weights of one trial before training, without a trial axis, by name."""

    def first_kept(self, sizes: Sizes, seed: int) -> dict[str, NDArray[Any]]:
        """What the network of one trial keeps beside its weights, such as running means, before training; most keep nothing."""
        return {}

    @abstractmethod
    def parameters(self, sizes: Sizes) -> int:
        """How many numbers a network of these sizes learns."""

    @abstractmethod
    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> keras.Model:
        """A trained network of one trial as a plain Keras model, whose last layer is called `logits`, or `value` for a regression.

        [batch, time, input] -> [batch, output], or [batch, time, output] for a task with a loss at every step; of a memoryless
        model [batch, input] -> [batch, output], for one time step.
        """

    @abstractmethod
    def work(self, sizes: Sizes) -> float:
        """How much work one time step of one sequence is, in arbitrary units: to start the longest cohorts first."""

    @abstractmethod
    def remembered(self, sizes: Sizes, steps: int) -> int:
        """How many numbers the forward pass over so many time steps of one sequence keeps for the backward pass."""

    def random(self, weight: str, seed: int, block: int) -> np.random.Generator:
        """The random numbers of one block of a weight: each has its own, so that changing one leaves the others as they were."""
        return generator("weights", seed, ("kernel", "recurrent_kernel", "bias", "output_kernel").index(weight), block)
