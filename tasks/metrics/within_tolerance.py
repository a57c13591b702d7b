"""The share of answers near enough to their targets, by which Hochreiter & Schmidhuber (1997) call a regression solved."""

import numpy as np

from unvanish.tasks.metrics.metric import Metric


def measure(outputs, targets, task):
    """Return the share of the answers of which every output has an absolute error below the task's tolerance."""
    return (np.abs(outputs - targets) < np.asarray(task.tolerance, outputs.dtype)).all(axis=-1).mean()


METRIC = Metric(
    name="within_tolerance",
    summary="share of the answers of which every value has an absolute error below the tolerance",
    kind="regression",
    measure=measure,
    share=True,
    has_tolerance=True,
    position=2,
)
