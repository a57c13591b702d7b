"""The tasks that are learned, each a source of sequences with a lag, an analytic baseline and a criterion for solved.

A new task is one new file in this folder that calls its class `TASK`.
"""

from unvanish.tasks.metrics import METRICS, Metric
from unvanish.tasks.registry import Registry
from unvanish.tasks.task import Sequences, StepDescription, Task

TASKS: Registry[type[Task]] = Registry("unvanish.tasks", "task", "TASK", lambda thing: isinstance(thing, type) and issubclass(thing, Task))

__all__ = ["METRICS", "TASKS", "Metric", "Registry", "Sequences", "StepDescription", "Task"]
