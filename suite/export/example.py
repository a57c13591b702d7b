"""One sequence of a task and the answer of a network to it, for a person."""

from __future__ import annotations

import numpy as np

from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.tasks.errors import UsageError


def example(network: TrainedNetwork) -> str | None:
    """Return the answer to the first example sequence at its last step, and the target; None where the data of the task are not there."""
    task = network.task
    try:
        sequences = task.sample(1, "example", 0)
    except UsageError:
        return None
    output, target = network.predict(sequences.inputs)[0, -1], sequences.targets[0, -1]
    answers = (
        [f"{value:.3g}" for value in (output[0], target)] if task.kind == "regression" else [task.output_names[int(c)] for c in (np.argmax(output), target)]
    )
    return f"its answer to the first example of {task.name} at lag {task.lag} is {answers[0]}, and the target {answers[1]}"
