"""A training program as fixes change it: model, data, loss, optimizer and the settings of `fit`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.data import Data


class NotPossible(Exception):
    """A change that cannot be made to a program; the text is a clause that says why."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The meaning of the numbers of one output, so that programs with other targets or another last layer are judged in the original unit.

    kind            number; classes (a probability each, that sum to 1); or binary (a probability each unit)
    logits          whether the probabilities are still to be computed from it
    labels          of classes and of a single binary unit the original label of each probability
    offset, factor  of numbers: prediction = offset + factor x output
    """

    kind: str
    logits: bool = False
    labels: np.ndarray | None = None
    offset: np.ndarray | float = 0.0
    factor: np.ndarray | float = 1.0


@dataclass(frozen=True, eq=False)
class Program:
    """A training program; a change makes another of it.

    model        at its initial weights and not compiled; it is never trained itself, copies of it are
    optimizer    with its settings, and without state; copies of it are used, too
    data         all samples, of which `training` and `held_out` are row numbers
    readings     what each output means
    """

    model: keras.Model
    optimizer: keras.optimizers.Optimizer
    loss: Any
    loss_weights: Any
    data: Data
    training: np.ndarray
    held_out: np.ndarray
    readings: tuple[Reading, ...]
    batch_size: int
    steps: int

    @property
    def inputs(self) -> list[np.ndarray]:
        """The arrays of the inputs."""
        arrays: list[np.ndarray] = keras.tree.flatten(self.data.x)
        return arrays

    @property
    def targets(self) -> list[np.ndarray]:
        """The arrays of the targets."""
        arrays: list[np.ndarray] = keras.tree.flatten(self.data.y)
        return arrays


@dataclass(frozen=True)
class Change:
    """One change of a program.

    name      in a few words, with its numbers, such as 'learning rate 0.001 instead of 0.1'
    apply     the changed program; raises `NotPossible`
    code      Keras code for it
    balanced  whether it is meant for the balanced accuracy, and judged by it
    """

    name: str
    apply: Callable[[Program], Program]
    code: str
    balanced: bool = False


@dataclass(frozen=True)
class Fix:
    """One kind of change, as `FIX` of its file.

    causes   the findings that propose it
    propose  the changes to choose from, of which the one that fits the training data best is judged; raises `NotPossible` where there is none
    position its place among those of the same finding
    part     the part of the program that it changes, of which together only the most helpful change is made; empty where it is its own alone
    """

    name: str
    causes: frozenset[str]
    propose: Callable[[Program], list[Change]]
    position: int = 50
    part: str = ""


def finite_rows(data: Data) -> np.ndarray:
    """Return which samples are free of NaN and infinity, [sample]."""
    arrays = [each for part in (data.x, data.y) for each in keras.tree.flatten(part) if np.issubdtype(each.dtype, np.floating)]
    return np.all([np.isfinite(array).reshape(len(array), -1).all(axis=1) for array in arrays], axis=0) if arrays else np.ones(data.samples, bool)
