"""Sequences are held against what a task promises whenever they are drawn: no network can learn from what is not finite, and none is to be blamed for it."""

from __future__ import annotations

import numpy as np

from unvanish.tasks.seeding import Purpose
from unvanish.tasks.task import Sequences, Task


def checked(task: Task, sequences: Sequences, purpose: Purpose) -> Sequences:
    """Return the sequences; raise `ValueError` where an input or target is not finite, or a class number is none of the task's, with the first such place."""
    inputs, targets = sequences.inputs, sequences.targets
    if not np.isfinite(inputs).all():
        sequence, step, place = np.argwhere(~np.isfinite(inputs))[0]
        where = f"the input {task.input_names[place]} at step {step} of sequence {sequence}"
        raise ValueError(f"the task {task.name} draws what no network can learn from, for {purpose}: {where} is {inputs[sequence, step, place]}")
    if task.kind == "classification":
        wrong = (targets < 0) | (targets >= task.output_size)
        allowed = f"not a class number from 0 to {task.output_size - 1}"
    else:
        wrong, allowed = ~np.isfinite(targets), "not finite"
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"the task {task.name} draws what no network can learn from, for {purpose}: the target at loss step {place[1]} of sequence {place[0]} is "
            f"{targets[place]}, which is {allowed}"
        )
    return sequences
