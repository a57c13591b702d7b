"""What of a task is compiled into programs: its sizes and its loss, but not how long its sequences are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unvanish.suite.models import Cell, Model
from unvanish.tasks import Task


@dataclass(frozen=True)
class TaskShape:
    """A task as its programs see it. Tasks with equal ones, such as one task at several lags, share programs.

    kind, input_size, output_size  those of the task
    one_hot       whether each input vector has a single 1
    max_length    time steps of the sequences that programs are given; shorter ones are padded behind their end
    loss_offsets  the time steps that have a loss, each counted back from the last one
    n_scored      how many of these are scored: the last ones
    """

    kind: Literal["classification", "regression"]
    input_size: int
    output_size: int
    one_hot: bool
    max_length: int
    loss_offsets: tuple[int, ...]
    n_scored: int

    @classmethod
    def of(cls, task: Task, model: Model, max_length: int | None = None) -> TaskShape:
        """Return the shape of a task for a model; `max_length` is the task's own length by default.

        A cell without memory is given the time steps that have a loss alone.
        """
        if gathers_loss_steps(model):
            last = len(task.loss_steps) - 1
            offsets, length = tuple(range(last, -1, -1)), last + 1
        else:
            offsets, length = tuple(task.length - 1 - step for step in task.loss_steps), max_length or task.length
        return cls(task.kind, task.input_size, task.output_size, task.one_hot_inputs, length, offsets, len(task.scored_steps))


def gathers_loss_steps(model: Model) -> bool:
    """Return whether a model is run over the time steps that have a loss alone."""
    return isinstance(model, Cell) and model.memoryless
