"""How much of the error reaches each time step: the norm of dL/dh_t against the number of steps back."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from suite.models import Model
from suite.training import forward
from suite.training.forward import Recipes, Tensors
from tasks import Task


class GradientThroughTime:
    """The compiled probe of one task and model.

    Measured on the sequences of a fixed batch: for each, the norm of the gradient of its own loss at the scored steps with
    respect to the whole state at step t (hidden and, in an LSTM, cell state together), with the truncation of the trial's
    recipe; the mean over the sequences is reported. The gradient is that with respect to zeros added to the state.
    """

    def __init__(self, task: Task, model: Model) -> None:
        self.task, self.model = task, model
        self.measure = tf.function(self._measure, jit_compile=True)

    def _measure(self, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """[T, E] norms at weights [E, ...] on sequences [T, 1, B, F] with targets [L, 1, B]; [0, E] for a model without state."""
        recipes = recipes._replace(sequence=tf.zeros_like(recipes.sequence))
        length, _, batch, _ = inputs.shape
        trials, hidden_size = weights["output_kernel"].shape[:2]
        if not self.model.states:
            return tf.zeros([0, trials])
        nudges = tuple(tf.zeros([length, trials, batch, hidden_size]) for _ in self.model.states)
        with tf.GradientTape() as tape:
            tape.watch(nudges)
            hidden = forward.hidden_states(self.model, weights, recipes, inputs, self.task.scored_steps, nudges)
            scored = targets[-len(self.task.scored_steps) :]
            loss = forward.losses(self.task, forward.outputs(weights, hidden), tf.gather(scored, recipes.sequence, axis=1))
            total = tf.reduce_sum(loss) * batch  # a sequence's own loss, not its share of the batch's mean
        squares = [tf.reduce_sum(tf.square(gradient), axis=-1) for gradient in tape.gradient(total, nudges)]  # [T, E, B]
        return tf.reduce_mean(tf.sqrt(tf.add_n(squares)), axis=-1)


def probe_steps(steps: int, evaluate_every: int, count: int = 6) -> list[int]:
    """The steps after which is measured: before the first, and at evaluations nearest to a log grid up to the last."""
    grid = np.geomspace(evaluate_every, steps, num=count - 1)
    return sorted({0, *(int(evaluate_every * np.clip(round(step / evaluate_every), 1, steps // evaluate_every)) for step in grid)})
