"""The readout and the losses of all trials. Axes: L loss step, E trial, B batch, H hidden, C output."""

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
    """Return the mean loss of each trial, [E], from outputs [L, E, B, C].

    Classification: cross-entropy in nats; targets are class numbers [L, E, B]. Regression: squared error, the mean over the outputs too; targets
    are values [L, E, B, C].
    """
    if task.kind == "regression":
        loss = tf.reduce_mean(tf.square(outputs - targets), axis=-1)
    else:
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
    return tf.reduce_mean(loss, axis=[0, 2])
