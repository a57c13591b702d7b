"""The base classes of what a plug-in adds: tasks, metrics, models, mitigations, probes, figures and reference predictors; and random numbers for hooks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unvanish.reports.figures import Figure
    from unvanish.suite.mitigations import KerasCode, Mitigation, random_normal, random_uniform
    from unvanish.suite.models import Cell, Gate, KerasModel
    from unvanish.suite.probes import Probe, Series
    from unvanish.suite.references import Reference
    from unvanish.tasks import Metric, Sequences, StepDescription, Task

__all__ = [
    "Cell",
    "Figure",
    "Gate",
    "KerasCode",
    "KerasModel",
    "Metric",
    "Mitigation",
    "Probe",
    "Reference",
    "Sequences",
    "Series",
    "StepDescription",
    "Task",
    "random_normal",
    "random_uniform",
]

MODULES = {
    "Cell": "suite.models",
    "Figure": "reports.figures",
    "Gate": "suite.models",
    "KerasCode": "suite.mitigations",
    "KerasModel": "suite.models",
    "Metric": "tasks",
    "Mitigation": "suite.mitigations",
    "Probe": "suite.probes",
    "Reference": "suite.references",
    "Sequences": "tasks",
    "Series": "suite.probes",
    "StepDescription": "tasks",
    "Task": "tasks",
    "random_normal": "suite.mitigations",
    "random_uniform": "suite.mitigations",
}


def __getattr__(name: str) -> Any:
    """Import a base class when it is first used: a mitigation needs no matplotlib, a figure no models."""
    if name not in MODULES:
        raise AttributeError(f"module 'unvanish.plugins' has no attribute {name!r}")
    return getattr(import_module(f"unvanish.{MODULES[name]}"), name)
