"""The profiles and plug-ins that faults are inflicted on: as small as has four cohorts, so that a fault can come before, between and after them."""

TINY = """
description = "four cohorts of two conditions"
models = ["feedforward", "rnn"]
mitigations = ["none", "rmsprop"]
hidden_size = 4
batch_size = 8
steps = 20
evaluate_every = 10
validation_sequences = 16
test_sequences = 16
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101, 102]

[learning_rates]
count = 2
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003

[[task]]
name = "first_symbol"
lags = [2, 4]
"""
COHORTS = 4
LONG = TINY.replace("steps = 20\nevaluate_every = 10\n", "steps = 4000\nevaluate_every = 50\n")  # long enough for a checkpoint within a cohort

# While the file FLAG is there the mitigation fails; without it, it halves the gradient.
FRAGILE = """
from pathlib import Path

from unvanish.plugins import Mitigation


class Fragile(Mitigation):
    name = "fragile"
    summary = "half the gradient; fails while a file is there"
    against = "both"
    reference = "-"
    version = 1

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        if Path({flag!r}).exists():
            raise ValueError("made to fail")
        return 0.5 * gradient, tf.ones(gradient.shape[:1], tf.bool), slots


MITIGATION = Fragile
"""

# A task that is drawn in the process of the command, which checks it, and never returns in a worker.
HANGING = """
import time
from dataclasses import dataclass
from typing import ClassVar

from distributed.worker import Worker

from unvanish.tasks.first_symbol import FirstSymbol


@dataclass(frozen=True)
class Hanging(FirstSymbol):
    name: ClassVar[str] = "hanging"
    summary: ClassVar[str] = "never returns in a worker"
    position: ClassVar[int] = 99

    def draw(self, random, count):
        while Worker._instances:
            time.sleep(1)
        return super().draw(random, count)


TASK = Hanging
"""
HANGING_TASK = """
[[task]]
name = "hanging"
lags = [2]
"""

# A reference predictor that passes the check before the training, and raises in a worker.
RAISING_REFERENCE = """
from distributed.worker import Worker
from sklearn.dummy import DummyClassifier

from unvanish.plugins import Reference


class Raises(DummyClassifier):
    def predict_proba(self, inputs):
        if Worker._instances:
            raise ValueError("made to fail")
        return super().predict_proba(inputs)


REFERENCE = Reference(
    name="raising",
    summary="raises at the end",
    position=60,
    features=lambda task, inputs, step: inputs[:, step],
    estimator=lambda task: Raises(),
    applies=lambda task: task.kind == "classification",
)
"""
