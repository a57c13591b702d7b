"""The tiny network, trained at once."""

from __future__ import annotations

import numpy as np

from unvanish.suite.explain.activations import Array
from unvanish.suite.explain.backpropagation import through_time
from unvanish.suite.explain.recurrence import Weights, forward
from unvanish.suite.explain.schedule import Schedule
from unvanish.suite.explain.updates import rmsprop
from unvanish.tasks.errors import UsageError
from unvanish.tasks.seeding import generator

RATE, UPDATES = 0.02, 2000
TOLERANCE = 0.1  # of every output; the largest output is then the right one by far
DECIMALS = 2  # of the trained weights, so that everything printed can be computed again by hand


def initial(random: np.random.Generator, hidden: int, exercises: int) -> Weights:
    """Gaussian input and output weights, an orthogonal recurrent matrix, zero biases."""
    return Weights(
        W_x=random.normal(size=(hidden, exercises)) / np.sqrt(exercises),
        W_h=np.linalg.qr(random.normal(size=(hidden, hidden)))[0],
        b_h=np.zeros(hidden),
        W_y=random.normal(size=(exercises, hidden)) / np.sqrt(hidden),
        b_y=np.zeros(exercises),
    )


def train(data: Schedule, hidden: int, seed: int) -> tuple[Weights, int]:
    """The trained weights, rounded, and after how many updates they were right on every day of every sequence.

    RMSprop on all sequences at once, the errors of all days counted. Raises `UsageError` where 2,000 updates are not enough.
    """
    weights, mean_square = initial(generator("weights", seed), hidden, data.x.shape[2]), None
    for update in range(1, UPDATES + 1):
        gradients = through_time(weights, data.x, data.actual, data.every_day).gradients
        change, mean_square = rmsprop(gradients, RATE, mean_square)
        weights = weights.plus(change)
        if update % 10 == 0 and worst(rounded(weights), data) < TOLERANCE:
            return rounded(weights), update
    raise UsageError(
        f"with {hidden} hidden units and seed {seed} the network has not learned to bridge {data.lag} missed days in {UPDATES:,} updates; "
        "try another --seed, more --hidden units or a smaller --lag"
    )


def rounded(weights: Weights) -> Weights:
    return Weights(*(weight.round(DECIMALS) + 0.0 for weight in weights))


def worst(weights: Weights, data: Schedule) -> float:
    """The largest deviation of an output."""
    y: Array = forward(weights, data.x)[1]
    return float(np.abs(data.actual - y).max())
