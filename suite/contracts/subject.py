"""What contracts are checked of: the things that a plug-in defines, or that a plan uses of plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from unvanish.suite.contracts import metric, mitigation, model, probe, reference, task
from unvanish.suite.contracts.attributes import check_complete
from unvanish.suite.contracts.check import Check, Finding, NotApplicable, make_check, make_checks
from unvanish.suite.contracts.mitigation import MitigationCase
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS
from unvanish.suite.probes import PROBES
from unvanish.suite.references import REFERENCES
from unvanish.tasks import METRICS, TASKS, Task
from unvanish.tasks.registry import Registry, additions


@dataclass(frozen=True)
class Subject:
    """One thing to check.

    label     its kind and name
    file      the file that defines it, as a traceback names it
    make      returns what the checks are made of
    contract  its checks
    """

    label: str
    file: str
    make: Callable[[], Any]
    contract: Sequence[Check]

    def findings(self, wanted: Callable[[Check], bool] = lambda check: True) -> Iterator[Finding]:
        """Yield the findings of the checks that are wanted; where it cannot be made, that alone."""
        made: list[Any] = []

        def define(_: None) -> str:
            made.append(self.make())
            return "it can be made"

        definition = make_check(self.label, None, self.file, Check("definition", define))
        if made:
            yield from make_checks(self.label, made[0], self.file, list(filter(wanted, self.contract)))
        else:
            yield definition


def subjects_of_module(module: ModuleType) -> list[Subject]:
    """Return what a module defines for the registries."""
    return [SUBJECTS[constant](getattr(module, constant), str(module.__file__)) for constant in SUBJECTS if hasattr(module, constant)]


def task_subject(kind: Any, file: str) -> Subject:
    """Return a task at its default lag."""

    def make() -> Task:
        check_complete(kind, TASKS)
        if reason := kind.not_installed():
            raise NotApplicable(reason)
        return kind(kind.default_lag)

    return Subject(label("task", kind), file, make, task.CONTRACT)


def mitigation_subject(kind: Any, file: str) -> Subject:
    """Return a mitigation with the defaults of its parameters."""

    def make() -> MitigationCase:
        check_complete(kind, MITIGATIONS)
        return MitigationCase(kind())

    return Subject(label("mitigation", kind), file, make, mitigation.CONTRACT)


def instance_subject(registry: Registry[Any], contract: Sequence[Check], thing: Any, file: str) -> Subject:
    """Return something that is checked as it is, of the kind of a registry."""

    def make() -> Any:
        check_complete(thing, registry)
        return thing

    return Subject(label(registry.kind, thing), file, make, contract)


def figure_subject(thing: Any, file: str) -> Subject:
    """Return a figure."""
    from unvanish.suite.contracts import figure  # seaborn takes a second to load

    return instance_subject(figure.FIGURES, figure.CONTRACT, thing, file)


def label(kind: str, thing: Any) -> str:
    """Return a kind and a name, or the name of a class without one."""
    return f"{kind} {getattr(thing, 'name', None) or getattr(thing, '__name__', type(thing).__name__)}"


SUBJECTS: dict[str, Callable[[Any, str], Subject]] = {
    "TASK": task_subject,
    "METRIC": partial(instance_subject, METRICS, metric.CONTRACT),
    "MODEL": partial(instance_subject, MODELS, model.CONTRACT),
    "MITIGATION": mitigation_subject,
    "PROBE": partial(instance_subject, PROBES, probe.CONTRACT),
    "FIGURE": figure_subject,
    "REFERENCE": partial(instance_subject, REFERENCES, reference.CONTRACT),
}  # by the constant that names it in a plug-in


def same(thing: Any) -> Any:
    """Return what is given."""
    return thing


def task_subjects(tasks: Iterable[Task]) -> list[Subject]:
    """Return tasks at the lags that they have."""
    return [Subject(f"task {each.name} at lag {each.lag}", file_of(type(each)), partial(same, each), task.CONTRACT) for each in tasks]


def mitigation_subjects(cases: Iterable[MitigationCase]) -> list[Subject]:
    """Return mitigations with the parameters that they have."""
    return [Subject(label("mitigation", case.mitigation), file_of(type(case.mitigation)), partial(same, case), mitigation.CONTRACT) for case in cases]


def model_subjects(models: Iterable[Any]) -> list[Subject]:
    """Return models."""
    return [SUBJECTS["MODEL"](each, file_of(type(each))) for each in models]


def added_subjects() -> list[Subject]:
    """Return the metrics, probes, figures and reference predictors that plug-ins and installed packages add."""
    kinds = (("metric", "METRIC"), ("probe", "PROBE"), ("figure", "FIGURE"), ("reference", "REFERENCE"))
    return [SUBJECTS[constant](thing, file_of_module(module)) for kind, constant in kinds for module, thing in additions(kind, constant)]


def file_of(kind: type) -> str:
    """Return the file that defines a class."""
    return file_of_module(kind.__module__)


def file_of_module(module: str) -> str:
    """Return the file of an imported module."""
    return str(getattr(sys.modules.get(module), "__file__", None) or module)
