"""A metric of which lower is better, in the unit of the targets."""

import numpy as np

from unvanish.plugins import Metric

METRIC = Metric(
    name="root_mean_squared_error",
    summary="square root of the mean squared error over all outputs",
    kind="regression",
    better="lower",
    measure=lambda outputs, targets, task: np.sqrt(np.mean((outputs - targets) ** 2)),
)
