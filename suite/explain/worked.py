"""The worked example: the tiny trained network, forward through a gap of missed days and back again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.explain.activations import Array
from unvanish.suite.explain.backpropagation import Pass, through_time
from unvanish.suite.explain.recurrence import Weights, forget, forward
from unvanish.suite.explain.schedule import Schedule, schedule
from unvanish.suite.explain.training import train


@dataclass(frozen=True)
class Worked:
    """A trained network and one sequence for it.

    weights        rounded to two decimals
    updates        how many it took to train them
    rotations      all sequences; the network sees `example`, the first of them on whose last day it errs without its state
    rotation       which of the rotations that is
    there_and_back forward, and back from the error of the last day alone
    answers        class of the largest output on the last day of each rotation, with the state and without [rotation]
    """

    weights: Weights
    updates: int
    rotations: Schedule
    rotation: int
    there_and_back: Pass
    answers: Array
    answers_without_state: Array

    @property
    def example(self) -> Schedule:
        return self.rotations.only(self.rotation)

    @property
    def due(self) -> Array:
        """The exercise that is due on the last day of each rotation [rotation]."""
        return self.rotations.actual[-1].argmax(axis=1)

    @property
    def from_input(self) -> Array:
        """W_x x(t) [time, hidden]."""
        return self.example.x[:, 0] @ self.weights.W_x.T

    @property
    def from_state(self) -> Array:
        """W_h h(t-1) [time, hidden]."""
        h = self.there_and_back.h[:, 0]
        return np.concatenate([np.zeros_like(h[:1]), h[:-1] @ self.weights.W_h.T])


def worked(lag: int, hidden: int, seed: int) -> Worked:
    """Raises `UsageError` where the network does not learn to bridge `lag` missed days."""
    rotations = schedule(lag)
    weights, updates = train(rotations, hidden, seed)
    answers = forward(weights, rotations.x)[1][-1].argmax(axis=1)
    without = forget(weights, rotations.x)[-1].argmax(axis=1)  # one answer for all: nothing came in on the day before
    rotation = int((without != rotations.actual[-1].argmax(axis=1)).argmax())
    example = rotations.only(rotation)
    there_and_back = through_time(weights, example.x, example.actual, example.last_day)
    return Worked(weights, updates, rotations, rotation, there_and_back, answers, without)
