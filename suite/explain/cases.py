"""A case of a vanishing and one of an exploding gradient, in a network that is not trained yet.

Each hidden unit is connected to itself alone, W_h = w I, so that what a gradient meets on its way back is w g' once a day. Both cases have
the same input and output weights. What decides is w, and where on its curve the tanh works:

vanishing  w = 0.9, b_h = 0.2: the states settle where g' is 0.56, so a day leaves about half of the gradient;
exploding  w = 1.4, b_h = 0:   the states stay near 0, between the two values at which they could settle, where g' is almost 1. The
           input weights are so small that they are still there on the last day. The smallest change at the start decides where
           the state ends: the error as a function of a weight is a cliff (Pascanu et al. 2013, figure 6).

The weight to watch is one of W_x, from the last exercise done to a hidden unit: since that exercise is an input on one day only, the
gradient with respect to the weight is all that arrives at that day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.explain.network import Array, Networks, Weights, mean_square, side_by_side
from unvanish.suite.explain.schedule import ROTATION, Schedule, schedule
from unvanish.suite.mitigations import find
from unvanish.suite.models.effect import RATE, Kind
from unvanish.suite.models.rnn import MODEL as RNN
from unvanish.tasks.seeding import generator

RECURRENT_WEIGHT: dict[Kind, float] = {"vanishing": 0.9, "exploding": 1.4}
BIAS: dict[Kind, float] = {"vanishing": 0.2, "exploding": 0.0}
AT_THE_END = 0.5  # about where the state of the exploding case is on the last day
OUTPUT_WEIGHT, OUTPUT_BIAS = 0.3, 0.33  # the outputs begin near 1/3 each: nothing is known


@dataclass(frozen=True)
class Case:
    """A network, a sequence with a long gap, and the weight to watch: W_x[unit, exercise]."""

    kind: Kind
    weights: Weights
    sequence: Schedule
    unit: int
    exercise: int

    @property
    def recurrent_weight(self) -> float:
        return RECURRENT_WEIGHT[self.kind]

    @property
    def weight(self) -> float:
        return float(self.weights.W_x[self.unit, self.exercise])

    @property
    def last_day(self) -> int:
        return self.sequence.length - 1

    def errors(self, values: Array) -> Array:
        """Return the error of the last day as a function of the one weight, all others as they are; values and errors [value]."""
        networks = []
        for value in values:
            W_x = self.weights.W_x.copy()
            W_x[self.unit, self.exercise] = value
            networks.append(self.weights._replace(W_x=W_x).by_name)
        y = Networks(RNN, [find("none")] * len(values), RATE, 0, self.sequence.lag).outputs(side_by_side(networks), self.sequence.x)
        return mean_square(y, self.sequence.actual, [self.last_day]).numpy()


def make_case(kind: Kind, lag: int, hidden: int, seed: int, rotation: int) -> Case:
    """Return the case for a gap of `lag` days; its weight to watch is that of the unit where the gradient is largest."""
    random = generator("weights", seed, 1)
    smallness = AT_THE_END * RECURRENT_WEIGHT["exploding"] ** -lag
    weights = Weights(
        W_x=significant(random.normal(size=(hidden, len(ROTATION))) * smallness),
        W_h=RECURRENT_WEIGHT[kind] * np.eye(hidden),
        b_h=np.full(hidden, BIAS[kind]),
        W_y=(OUTPUT_WEIGHT * random.normal(size=(len(ROTATION), hidden))).round(2),
        b_y=np.full(len(ROTATION), OUTPUT_BIAS),
    )
    sequence = schedule(lag).only(rotation)
    exercise = int(sequence.x[sequence.information_step, 0].argmax())
    plain = Networks(RNN, [find("none")], RATE, seed, lag)
    gradients = plain.forward_backward(side_by_side([weights.by_name]), sequence.x, sequence.actual, [sequence.length - 1]).gradients
    return Case(kind, weights, sequence, int(np.abs(Weights.of(gradients).W_x[:, exercise]).argmax()), exercise)


def significant(values: Array) -> Array:
    """Return two significant digits, so that they can be printed whole."""
    return np.array([float(f"{value:.1e}") for value in values.flat]).reshape(values.shape)
