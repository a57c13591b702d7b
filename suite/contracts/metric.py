"""The contract of a metric: one number for the outputs of a set of sequences, with the stated value where all answers are right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.contracts.attributes import check_name
from unvanish.suite.contracts.check import Check, require
from unvanish.tasks import METRICS, Metric, Task
from unvanish.tasks.adding import Adding
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.task import one_hot

SEQUENCES = 60


def attributes(metric: Metric) -> str:
    """Check that its attributes are of the right types, and that the name is valid and unique."""
    check_name(metric.name)
    _ = METRICS.entries  # raises `UsageError` where another entry has its name
    require(callable(metric.measure), f"measure is {metric.measure!r}; it must be a function of outputs, targets and the task")
    require(metric.kind in ("classification", "regression"), f"kind is {metric.kind!r}; choose classification or regression")
    require(metric.better in ("higher", "lower"), f"better is {metric.better!r}; choose higher or lower")
    return f"of a {metric.kind}, {metric.better} is better"


def number(metric: Metric) -> str:
    """Check that it returns one finite number, and the same one twice."""
    task, _, targets = right_answers(metric)
    outputs = np.random.default_rng(1).normal(size=(SEQUENCES, targets.shape[1], task.output_size)).astype(np.float32)
    first, again = (metric.measure(outputs.copy(), targets.copy(), task) for _ in range(2))
    require(np.ndim(first) == 0 and np.isfinite(first), f"measure returns {first!r} for random outputs; it must return one finite number")
    require(first == again, f"measure returns {first} and then {again} for the same outputs; make it a function of its arguments alone")
    return f"{float(first):.3g} for random outputs"


def perfection(metric: Metric) -> str:
    """Check that right answers have the perfect value, and random ones a worse one."""
    task, outputs, targets = right_answers(metric)
    found = metric.value(outputs, targets, task)
    require(abs(found - metric.perfect) < 1e-6, f"right answers have the value {found:g}; where {metric.better} is better, it must be {metric.perfect:g}")
    wrong = metric.value(np.roll(outputs, 1, axis=0), targets, task)
    require(not metric.meets(wrong, metric.perfect), f"wrong answers have the perfect value {metric.perfect:g} too; correct measure")
    return f"{metric.perfect:g} for right answers, {wrong:.3g} where the answers are those of other sequences"


def right_answers(metric: Metric) -> tuple[Task, NDArray[np.float32], NDArray[np.generic]]:
    """Return a task of the metric's kind, outputs that are right, [sequence, scored step, output], and the targets."""
    task: Task = FirstSymbol(3) if metric.kind == "classification" else Adding(4)
    targets = task.sample(SEQUENCES, "test").targets[:, -len(task.scored_steps) :]
    outputs = one_hot(targets.astype(np.int32), task.output_size) if metric.kind == "classification" else targets.astype(np.float32)
    return task, outputs, targets


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("one number", number, essential=True),
    Check("right answers are perfect", perfection),
)
