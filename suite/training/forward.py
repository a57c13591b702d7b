"""From sequences to losses, for all trials of a cohort at once.

Axes: T time, S seed, B batch, F input, H hidden, E trial, L loss step, C output. No operation mixes trials.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from suite.models import Model
from tasks import Task

Tensors = dict[str, tf.Tensor]


class Recipes(NamedTuple):
    """The recipes of a cohort as data; [trial] unless said otherwise."""

    learning_rate: tf.Tensor
    clip_norm: tf.Tensor
    clip_value: tf.Tensor
    is_rmsprop: tf.Tensor
    is_adam: tf.Tensor
    is_relu: tf.Tensor
    keep: tf.Tensor  # bool [time, trial]: whether the gradient passes from the state at this step to the one before
    sequence: tf.Tensor  # int32: which of the seeds' sequences the trial sees


def activation(recipes: Recipes):
    """tanh or ReLU, trial by trial: [trial, batch, hidden] -> the same."""
    is_relu = recipes.is_relu[:, None, None]
    return lambda x: tf.where(is_relu, tf.nn.relu(x), tf.tanh(x))


def hidden_states(
    model: Model, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, loss_steps: tuple[int, ...], nudges: tuple[tf.Tensor, ...] = ()
) -> tf.Tensor:
    """The hidden states at the loss steps, [L, E, B, H], from inputs [T, S, B, F].

    `nudges`, one [T, E, B, H] for each state of the model, are added to the states after each step: zeros whose gradient is
    dL/dh_t.
    """
    activate = activation(recipes)
    length, _, batch, features = inputs.shape
    if not model.states:
        at_loss = tf.gather(tf.gather(inputs, loss_steps), recipes.sequence, axis=1)  # [L, E, B, F]
        trials = at_loss.shape[1]
        flat = tf.reshape(tf.transpose(at_loss, [1, 0, 2, 3]), [trials, len(loss_steps) * batch, features])
        (hidden,) = model.step(weights, flat, (), activate)
        return tf.transpose(tf.reshape(hidden, [trials, len(loss_steps), batch, -1]), [1, 0, 2, 3])

    trials, hidden_size = weights["recurrent_kernel"].shape[:2]
    only_last = loss_steps == (length - 1,)

    def advance(t, states, outputs):
        x = tf.gather(inputs[t], recipes.sequence)
        keep = recipes.keep[t][:, None, None]
        states = tuple(tf.where(keep, state, tf.stop_gradient(state)) for state in states)
        states = model.step(weights, x, states, activate)
        if nudges:
            states = tuple(state + nudge[t] for state, nudge in zip(states, nudges, strict=True))
        return t + 1, states, outputs if only_last else outputs.write(t, states[0])

    zero = tf.zeros([trials, batch, hidden_size])
    outputs = () if only_last else tf.TensorArray(tf.float32, size=length, element_shape=zero.shape)
    _, states, outputs = tf.while_loop(lambda t, *_: t < length, advance, (0, (zero,) * len(model.states), outputs), maximum_iterations=length)
    return states[0][None] if only_last else tf.gather(outputs.stack(), loss_steps)


def outputs(weights: Tensors, hidden: tf.Tensor) -> tf.Tensor:
    """y = h W_y + b_y: [L, E, B, H] -> [L, E, B, C]."""
    return hidden @ weights["output_kernel"] + weights["output_bias"][:, None]


def losses(task: Task, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean loss of each trial, [E]: cross-entropy in nats or squared error; outputs [L, E, B, C], targets [L, E, B]."""
    regression = task.kind == "regression"
    each = tf.square(outputs[..., 0] - targets) if regression else tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
    return tf.reduce_mean(each, axis=[0, 2])


def metrics(task: Task, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Share of right answers of each trial over the scored steps, [E]; an answer that is not a number is wrong."""
    scored = len(task.scored_steps)
    outputs, targets = outputs[-scored:], targets[-scored:]
    if task.kind == "regression":
        right = tf.abs(outputs[..., 0] - targets) < task.tolerance
    else:
        is_number = tf.reduce_all(tf.math.is_finite(outputs), axis=-1)
        right = is_number & (tf.argmax(outputs, axis=-1, output_type=tf.int32) == targets)
    return tf.reduce_mean(tf.cast(right, tf.float32), axis=[0, 2])
