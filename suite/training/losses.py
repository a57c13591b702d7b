"""The readout, losses and metrics of all trials. Axes: L loss step, E trial, B batch, H hidden, C output."""

from __future__ import annotations

import tensorflow as tf

from unvanish.suite.training.settings import Tensors
from unvanish.suite.training.task_shape import TaskShape


def readout(weights: Tensors, hidden: tf.Tensor) -> tf.Tensor:
    """Return y = h W_y + b_y, [L, E, B, H] -> [L, E, B, C], as one product a trial: one for each loss step takes several times as long."""
    steps, trials, batch, size = hidden.shape
    rows = tf.reshape(tf.transpose(hidden, [1, 0, 2, 3]), [trials, steps * batch, size])
    outputs = rows @ weights["output_kernel"] + weights["output_bias"][:, None]
    return tf.transpose(tf.reshape(outputs, [trials, steps, batch, -1]), [1, 0, 2, 3])


def losses(task: TaskShape, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the mean loss of each trial, [E]: cross-entropy in nats or squared error; outputs [L, E, B, C], targets [L, E, B]."""
    regression = task.kind == "regression"
    loss = tf.square(outputs[..., 0] - targets) if regression else tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
    return tf.reduce_mean(loss, axis=[0, 2])


def metrics(task: TaskShape, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the share of correct outputs of each trial over the scored steps, [E]; an output that is not finite is wrong."""
    outputs, targets = outputs[-task.n_scored :], targets[-task.n_scored :]
    if task.kind == "regression":
        correct = tf.abs(outputs[..., 0] - targets) < task.tolerance
    else:
        finite = tf.reduce_all(tf.math.is_finite(outputs), axis=-1)
        correct = finite & (tf.argmax(outputs, axis=-1, output_type=tf.int32) == targets)
    return tf.reduce_mean(tf.cast(correct, tf.float32), axis=[0, 2])
