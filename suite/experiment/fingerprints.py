"""What identifies a condition by the code that decides its result: digests of syntax trees, which comments and docstrings do not change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from unvanish.suite import plugins
from unvanish.suite.experiment.code import ROOT
from unvanish.tasks import Task

SHARED_CODE = (
    "unvanish.tasks.task",
    "unvanish.tasks.seeding",
    "unvanish.suite.models.model",
    "unvanish.suite.models.cell",
    "unvanish.suite.models.keras_model",
    "unvanish.suite.mitigations.mitigation",
    "unvanish.suite.mitigations.combination",
    "unvanish.suite.execution.protocol",
    "unvanish.suite.experiment.tuning",
    "unvanish.suite.experiment.trial",
)


def modules_of(task: Task) -> list[str]:
    """The modules of this project or of plug-ins that decide a task's sequences: its own class's and those of what it is derived from."""
    own = [kind.__module__ for kind in type(task).__mro__ if issubclass(kind, Task) and kind is not Task]
    return [*own, *type(task).made_by]


@cache
def code_of(*modules: str) -> str:
    """A digest of the code that decides what is measured of a trial, but not how that is judged: its task, model and mitigations, training and probes."""
    folders = [
        f"unvanish.suite.{folder.replace('/', '.')}.{path.stem}"
        for folder in ("training", "probes", "probes/measurement")
        for path in sorted((ROOT / "suite" / folder).glob("*.py"))
    ]
    return code_of_modules(module.removesuffix(".__init__") for module in (*SHARED_CODE, *sorted(set(modules)), *folders))


def code_of_modules(modules: Iterable[str]) -> str:
    """A digest of the syntax trees of modules; comments and docstrings change nothing."""
    return hashlib.sha256("".join(map(plugins.syntax_of, modules)).encode()).hexdigest()[:16]
