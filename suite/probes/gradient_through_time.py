"""How much of the error reaches each time step: the norm of dL/dh_t against the number of steps back."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from suite.models import Model
from suite.training import through_time
from suite.training.losses import losses, outputs
from suite.training.recipes import Recipes, Tensors, all_see_the_same
from tasks import Task


class GradientThroughTime:
    """The compiled probe of one task and model.

    Measured on the sequences of a fixed batch: for each, the norm of the gradient of its own loss at the scored steps with
    respect to the whole state at step t (hidden and, in an LSTM, cell state together), with the truncation of the trial's
    recipe; the mean over the sequences is reported.
    """

    def __init__(self, task: Task, model: Model) -> None:
        self.task, self.model = task, model
        self.measure = tf.function(self._measure, jit_compile=True, autograph=False)

    def _measure(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """[T, E] norms at weights [E, ...] on sequences [T, 1, B, F] with targets [L, 1, B]; [0, E] for a model without state."""
        if not self.model.recurrent:
            return tf.zeros([0, weights["output_kernel"].shape[0]])
        recipes, steps, batch = all_see_the_same(recipes), self.task.scored_steps, inputs.shape[2]
        hidden, trajectory = through_time.forward(self.model, weights, recipes, inputs, steps, through_time.room(self.model, weights, inputs))
        with tf.GradientTape() as tape:
            tape.watch(hidden)
            loss = losses(self.task, outputs(weights, hidden), tf.gather(targets[-len(steps) :], recipes.sequence, axis=1))
        of_hidden = tape.gradient(loss, hidden) * batch  # of a sequence's own loss, not of its share of the batch's mean

        def norm(gradients: through_time.States) -> tf.Tensor:
            squares = [tf.reduce_sum(tf.square(gradient), axis=-1) for gradient in gradients]  # [E, B]
            return tf.reduce_mean(tf.sqrt(tf.add_n(squares)), axis=-1)

        _, norms = through_time.backward(self.model, weights, recipes, inputs, steps, trajectory, of_hidden, observe=norm)
        return norms


def probe_steps(steps: int, evaluate_every: int, count: int = 6) -> list[int]:
    """The steps after which is measured: before the first, and at evaluations nearest to a log grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
