"""The last inputs at once, without a state: what a fixed window can know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suite.references.reference import Reference, logistic, network
from tasks import Task

STEPS = 10  # as many as a truncated gradient goes back by default


def last_inputs(task: Task, inputs: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """[sequence, STEPS * input]; before the first step there is nothing but zeros."""
    before = np.pad(inputs, [(0, 0), (STEPS - 1, 0), (0, 0)])
    return before[:, step : step + STEPS].reshape(len(inputs), -1)


REFERENCE = Reference(
    name=f"window of {STEPS}",
    summary=f"logistic regression (for a value, a feed-forward network) on the last {STEPS} inputs",
    position=4,
    features=last_inputs,
    estimator=lambda task: network(task) if task.kind == "regression" else logistic(task),
)
