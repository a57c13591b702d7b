"""From hidden states to losses and metrics. Axes: L loss step, E trial, B batch, H hidden, C output."""

from __future__ import annotations

import tensorflow as tf

from unvanish.suite.training.settings import Tensors
from unvanish.tasks import Task


def outputs(weights: Tensors, hidden: tf.Tensor) -> tf.Tensor:
    """y = h W_y + b_y: [L, E, B, H] -> [L, E, B, C]. All loss steps of a trial are one product: many small ones take several times as long."""
    steps, trials, batch, size = hidden.shape
    by_trial = tf.reshape(tf.transpose(hidden, [1, 0, 2, 3]), [trials, steps * batch, size])
    answers = by_trial @ weights["output_kernel"] + weights["output_bias"][:, None]
    return tf.transpose(tf.reshape(answers, [trials, steps, batch, -1]), [1, 0, 2, 3])


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
