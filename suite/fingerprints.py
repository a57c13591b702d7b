"""What identifies a condition by the code that decides its result: digests of syntax trees, which comments and docstrings do not change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from suite import plugins
from suite.code import ROOT
from tasks import Task

SHARED_CODE = (
    "tasks.task",
    "tasks.streams",
    "suite.models.model",
    "suite.models.cell",
    "suite.models.keras_model",
    "suite.mitigations.mitigation",
    "suite.mitigations.combination",
    "suite.protocol",
    "suite.trial",
)


def modules_of(task: Task) -> list[str]:
    """The modules of this project or of plug-ins that decide a task's sequences: its own class's and those of what it is derived from."""
    own = [kind.__module__ for kind in type(task).__mro__ if issubclass(kind, Task) and kind is not Task]
    return [*own, *type(task).made_by]


@cache
def code_of(*modules: str) -> str:
    """A digest of the code that decides what is measured of a trial, but not how that is judged: its task, model and mitigations, training and probes."""
    folders = [f"suite.{folder}.{path.stem}" for folder in ("training", "probes", "probing") for path in sorted((ROOT / "suite" / folder).glob("*.py"))]
    return code_of_modules(module.removesuffix(".__init__") for module in (*SHARED_CODE, *sorted(set(modules)), *folders))


def code_of_modules(modules: Iterable[str]) -> str:
    """A digest of the syntax trees of modules; comments and docstrings change nothing."""
    return hashlib.sha256("".join(map(plugins.syntax_of, modules)).encode()).hexdigest()[:16]
