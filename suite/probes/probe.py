"""All that is measured of the trials of a cohort at once: one compiled program, and when it is asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from suite.models import Model
from suite.probes.gradient_through_time import gradient_norms
from suite.probes.units import dead, saturated, values_of_units
from suite.training import through_time
from suite.training.recipes import Recipes, Tensors, all_see_the_same
from tasks import Task


class Measured(NamedTuple):
    gradients: dict[str, tf.Tensor]  # norm of dL/d(state) by name, [T, E] each; none for a model without recurrence
    saturated: tf.Tensor  # share of units, [E]
    dead: tf.Tensor  # share of units, [E]


class Probe:
    """The compiled probe of one task and model."""

    def __init__(self, task: Task, model: Model) -> None:
        self.task, self.model = task, model
        self.measure = tf.function(self._measure, jit_compile=True, autograph=False)

    def _measure(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> Measured:
        """At weights [E, ...], on sequences [T, 1, B, F] with targets [L, 1, B] that all trials are shown."""
        recipes = all_see_the_same(recipes)
        targets = tf.gather(targets, recipes.sequence, axis=1)
        inputs, steps = through_time.asked(self.model, inputs, self.task.loss_steps)
        room = through_time.room(self.model, weights, inputs)
        hidden, trajectory = through_time.forward(self.model, weights, recipes, inputs, steps, room)
        values = values_of_units(self.model, recipes, trajectory)
        gradients = gradient_norms(self.task, self.model, weights, recipes, inputs, targets, hidden, trajectory) if self.model.recurrent else {}
        return Measured(gradients, saturated(values, recipes), dead(values, recipes))


def probe_steps(steps: int, evaluate_every: int, count: int = 13) -> list[int]:
    """The steps after which is measured: before the first, and at evaluations nearest to a log grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
