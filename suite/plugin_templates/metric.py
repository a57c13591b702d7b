"""A metric: one number for the outputs of a network at the scored steps of a task, which names it as its `metric`."""

import numpy as np

from unvanish.plugins import Metric


def measure(outputs, targets, task):
    """Return the root of the mean squared error; outputs and targets [sequence, scored step, output]."""
    return np.sqrt(np.square(outputs - targets).mean())


METRIC = Metric(
    name="mine",
    summary="root of the mean squared error",
    kind="regression",
    measure=measure,
    better="lower",
)
