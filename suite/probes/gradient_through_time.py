"""How much of the error reaches each time step: the norm of dL/d(state) against the number of steps back.

For each sequence of the probe batch it is the gradient of its own loss with respect to a state that is handed on after step t,
with the trial's truncation; what is reported is the mean over the sequences of the norm. The hidden state's is called `norm`,
that of a cell `cell_norm`, and that with respect to the input at the step, which any model has, `input_norm`. They are
measured from the loss at the last step, which says how far back an error goes, and with `total_` before the name from
all losses together, which is what training uses.
"""

from __future__ import annotations

import tensorflow as tf

from suite.mitigations import Now
from suite.training import through_time
from suite.training.losses import losses, outputs
from suite.training.settings import Tensors
from suite.training.through_time import Layer, States, Trajectory
from tasks import Task


def gradient_norms(task: Task, layer: Layer, weights: Tensors, now: Now, targets: tf.Tensor, hidden: tf.Tensor, trajectory: Trajectory) -> dict[str, tf.Tensor]:
    """[T, E] each, from a forward pass with hidden states [L, E, B, H] at the loss steps and targets [L, E, B]."""

    def of_loss(count: int) -> tf.Tensor:
        """From the last `count` loss steps, [T, state, E]."""
        asked = hidden[-count:]
        with tf.GradientTape() as tape:
            tape.watch(asked)
            loss = losses(task, outputs(weights, asked), targets[-count:])
        # of a sequence's own loss, summed over its loss steps: not of its share of the mean over batch and steps
        of_hidden = tape.gradient(loss, asked) * (count * hidden.shape[2])
        _, norms = through_time.backward(layer, task.loss_steps[-count:], trajectory, of_hidden, now, observe=norms_of_step)
        return norms

    from_last = of_loss(1)
    from_all = of_loss(len(task.loss_steps)) if len(task.loss_steps) > 1 else from_last
    names = ["norm", *(f"{state}_norm" for state in layer.cell.states[1:]), "input_norm"]
    return {f"{prefix}{name}": norms[:, i] for prefix, norms in (("", from_last), ("total_", from_all)) for i, name in enumerate(names)}


def norms_of_step(gradients: States, of_inputs: tf.Tensor) -> tf.Tensor:
    """Mean over the sequences, [state + 1, E], from one [E, B, H] a state and [E, B, F] of the input."""
    return tf.stack([tf.reduce_mean(tf.norm(gradient, axis=-1), axis=-1) for gradient in (*gradients, of_inputs)])
