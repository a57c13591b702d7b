"""The cures of the source document (S11, S12), each applied to the same case: where it acts, and one update with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from unvanish.suite.explain import lstm
from unvanish.suite.explain.activations import RELU
from unvanish.suite.explain.backpropagation import Pass, through_time
from unvanish.suite.explain.cases import Case
from unvanish.suite.explain.recurrence import Weights
from unvanish.suite.explain.updates import RHO, clipped, norm, rmsprop, sgd

RATE, THRESHOLD, WINDOW = 0.1, 1.0, 10
TOO_SMALL, TOO_LARGE = 1e-5, 1.0  # of a weight change: 100,000 updates for a distance of 1; a distance of 1 at once


@dataclass(frozen=True)
class Cure:
    """A cure.

    detail      its setting
    acts_on     what it changes of the plain way: the state, the way back or the update
    start       the network, from the weights of the case
    learn       forward and back
    change      weight changes from gradients, at a learning rate
    watched     where the weight to watch is in W_x, from [unit, exercise]
    """

    name: str
    title: str
    detail: str
    acts_on: str
    source: str
    start: Callable[[Weights], Weights] = lambda weights: weights
    learn: Callable[..., Pass] = through_time
    change: Callable[[Weights, float], Weights] = sgd
    watched: Callable[[int, int], tuple[int, ...]] = lambda unit, exercise: (unit, exercise)


NONE = Cure("none", "none", "SGD, tanh", "–", "S9, S10")
CURES = (
    NONE,
    Cure(
        "gradient_clipping",
        "clipping",
        f"norm at most {THRESHOLD:g}",
        "the update",
        "S11; Pascanu et al. 2013",
        change=lambda gradients, rate: sgd(clipped(gradients, THRESHOLD), rate),
    ),
    Cure("relu", "ReLU", "g_h = max(0, z)", "the state", "S12; Glorot et al. 2011", learn=partial(through_time, activation=RELU)),
    Cure(
        "rmsprop",
        "RMSprop",
        f"rho {RHO:g}, first update",
        "the update",
        "S11, S12; Tieleman & Hinton 2012",
        change=lambda gradients, rate: rmsprop(gradients, rate)[0],
    ),
    Cure("truncated_bptt", "truncation", f"a window of {WINDOW}", "the way back", "S11; Williams & Peng 1990", learn=partial(through_time, window=WINDOW)),
    Cure(
        "lstm",
        "LSTM",
        f"forget bias {lstm.FORGET_BIAS:g}",
        "the state",
        "S12; Hochreiter & Schmidhuber 1997",
        start=lstm.around,
        learn=lstm.through_time,
        watched=lambda unit, exercise: (lstm.CANDIDATE, unit, exercise),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """One update of the weight to watch, the table of S9 and S10, and what it led to.

    error, gradient            before the update
    gradient_norm              of all gradients together
    change, new_weight         of the weight
    error_after, gradient_after  with the new weight and all others as they were
    norms                      of dE/dh(t) (LSTM: dE/dc(t)) before the update [time]
    """

    cure: Cure
    error: float
    gradient: float
    gradient_norm: float
    change: float
    new_weight: float
    error_after: float
    gradient_after: float
    norms: np.ndarray

    @property
    def size(self) -> str:
        """What the weight change amounts to, in a word or two."""
        size = abs(self.change)
        return "zero" if size == 0 else "too small" if size < TOO_SMALL else "too large" if size > TOO_LARGE else "usable"


def apply(cure: Cure, case: Case) -> Outcome:
    """One update of the weight to watch with this cure."""
    data = case.sequence
    at = cure.watched(case.unit, case.exercise)
    weights = cure.start(case.weights)
    before = cure.learn(weights, data.x, data.actual, data.last_day)
    change = float(cure.change(before.gradients, RATE).W_x[at])
    W_x = weights.W_x.copy()
    W_x[at] += change
    after = cure.learn(weights._replace(W_x=W_x), data.x, data.actual, data.last_day)

    return Outcome(
        cure,
        before.error,
        float(before.gradients.W_x[at]),
        norm(before.gradients),
        change,
        float(W_x[at]),
        after.error,
        float(after.gradients.W_x[at]),
        before.norms,
    )
