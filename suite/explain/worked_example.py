"""The worked example: the tiny network, trained at once, forward through a gap of missed days and back again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from unvanish.suite.explain.network import Array, Networks, Weights, side_by_side
from unvanish.suite.explain.schedule import Schedule, schedule
from unvanish.suite.mitigations import find
from unvanish.suite.models.rnn import MODEL as RNN
from unvanish.tasks.errors import UsageError
from unvanish.tasks.seeding import generator

RATE, UPDATES = 0.02, 2000
TOLERANCE = 0.1  # of every output; the largest output is then the right one by far
DECIMALS = 2  # of the trained weights, so that everything printed can be computed again by hand


@dataclass(frozen=True)
class WorkedExample:
    """A trained network and one sequence for it.

    weights        rounded to two decimals
    updates        how many it took to train them
    rotations      all sequences; the network is shown `example`, the first of them on whose last day it errs without its state
    rotation       which of the rotations that is
    h, y           states [time, hidden] and outputs [time, output] of the example
    error          of its last day
    gradients      dE/dW of every weight
    state_gradient, slope   dE/dh and g' [time, hidden]
    answers        class of the largest output on the last day of each rotation, with the state and without [rotation]
    """

    weights: Weights
    updates: int
    rotations: Schedule
    rotation: int
    h: Array
    y: Array
    error: float
    gradients: Weights
    state_gradient: Array
    slope: Array
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
    def norms(self) -> Array:
        """The norm of dE/dh(t) [time]."""
        return np.linalg.norm(self.state_gradient, axis=1)

    @property
    def from_input(self) -> Array:
        """W_x x(t) [time, hidden]."""
        return self.example.x[:, 0] @ self.weights.W_x.T

    @property
    def from_state(self) -> Array:
        """W_h h(t-1) [time, hidden]."""
        return np.concatenate([np.zeros_like(self.h[:1]), self.h[:-1] @ self.weights.W_h.T])


def work_example(lag: int, hidden: int, seed: int) -> WorkedExample:
    """Train the network and work its example through; raises `UsageError` where it does not learn to bridge `lag` missed days."""
    rotations = schedule(lag)
    weights, updates = train(rotations, hidden, seed)
    networks, named = Networks(RNN, [find("none")], RATE, seed, lag), side_by_side([weights.by_name])
    due = rotations.actual[-1].argmax(axis=1)
    answers = networks.outputs(named, rotations.x)[-1, 0].numpy().argmax(axis=1)
    without = networks.outputs(named, rotations.x[-1:])[-1, 0].numpy().argmax(axis=1)  # one answer for all: nothing came in on the day before
    rotation = int((without != due).argmax())
    example = rotations.only(rotation)
    run = networks.forward_backward(named, example.x, example.actual, [example.length - 1])
    slope = networks.hooks.activation_slope(run.h, networks.context(1, example.length), networks.settings)
    h, y, state_gradient, slope = (values[:, 0, 0].numpy() for values in (run.h, run.y, run.state_gradient, slope))
    return WorkedExample(weights, updates, rotations, rotation, h, y, float(run.error[0]), Weights.of(run.gradients), state_gradient, slope, answers, without)


def train(data: Schedule, hidden: int, seed: int) -> tuple[Weights, int]:
    """Return the trained weights, rounded, and after how many updates they were right on every day of every sequence.

    RMSprop on all sequences at once, the errors of all days counted. Raises `UsageError` where 2,000 updates are not enough.
    """
    networks = Networks(RNN, [find("rmsprop")], RATE, seed, data.lag, UPDATES)

    @tf.function(autograph=False)
    def update(weights, slots, step):
        gradients = networks.forward_backward(weights, data.x, data.actual, range(data.length), step).gradients
        change, slots = networks.update(weights, gradients, slots, data.length, step)
        return {name: weight + change[name] for name, weight in weights.items()}, slots

    weights = side_by_side([initial_weights(hidden, data.x.shape[2], seed).by_name])
    slots = networks.init_slots(weights, data.length)
    for step in range(1, UPDATES + 1):
        weights, slots = update(weights, slots, tf.constant(step))
        if step % 10 == 0:
            rounded = Weights(*(weight.round(DECIMALS) + 0.0 for weight in Weights.of(weights)))
            if np.abs(data.actual - networks.outputs(side_by_side([rounded.by_name]), data.x)[:, 0]).max() < TOLERANCE:
                return rounded, step
    raise UsageError(
        f"with {hidden} hidden units and seed {seed} the network has not learned to bridge {data.lag} missed days in {UPDATES:,} updates; "
        "try another --seed, more --hidden units or a smaller --lag"
    )


def initial_weights(hidden: int, exercises: int, seed: int) -> Weights:
    """Return Gaussian input and output weights, an orthogonal recurrent matrix, zero biases."""
    random = generator("weights", seed)
    return Weights(
        W_x=random.normal(size=(hidden, exercises)) / np.sqrt(exercises),
        W_h=np.linalg.qr(random.normal(size=(hidden, hidden)))[0],
        b_h=np.zeros(hidden),
        W_y=random.normal(size=(exercises, hidden)) / np.sqrt(hidden),
        b_y=np.zeros(exercises),
    )
