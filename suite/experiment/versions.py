"""The versions that decide a result besides its settings: of the engine, of what is trained, of the libraries and of the compiler.

A version is a whole number that is raised by hand when the numbers change that its owner computes; `tests/golden` fails where they change
and no version does. So files can be moved, renamed and rewritten without training anything again.
"""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from unvanish.suite import plugins
from unvanish.tasks import Task
from unvanish.tasks.registry import additions, entry_point_modules

ENGINE_VERSION = 2  # of training, the shipped probes and metrics, and the protocol
PACKAGE = Path(__file__).parents[2]
LIBRARIES = ("tensorflow", "keras", "numpy")  # Keras draws the weights of its layers

# XLA's level 2 takes a sixth less time to compile than its level 3, for programs that are as fast. Vectors of 512 bits would make these up to a
# tenth faster, but then the norm of a trial's update depends in the last bit on the number of trials that share its program.
DEFAULT_XLA_FLAGS = "--xla_backend_optimization_level=2"


def xla_flags() -> str:
    """The compiler settings of this process: XLA_FLAGS of the environment, which has precedence over `DEFAULT_XLA_FLAGS`."""
    return os.environ.get("XLA_FLAGS", DEFAULT_XLA_FLAGS)


installed_version = cache(version)  # every condition of a plan asks for those of the same packages


def library_versions(*names: str) -> dict[str, str]:
    """The versions of installed packages by name."""
    return {name: installed_version(name) for name in names}


def engine() -> dict[str, Any]:
    """Return what every condition depends on: the engine, the probes that plug-ins add, the libraries and the compiler."""
    probes = sorted(str(version_of_instance(probe, module)) for module, probe in additions("probe", "PROBE"))
    return {"engine": ENGINE_VERSION, "probes": probes, "libraries": library_versions(*LIBRARIES), "xla_flags": xla_flags()}


def version_of_class(kind: type) -> list[int | str]:
    """The version of a task's, model's or mitigation's class.

    A class of a plug-in has the version that it declares, or else the digest of its file; then follows that of the class of this project that
    it is derived from, which may be a shipped task or model.
    """
    shipped = next(base for base in kind.__mro__ if is_shipped(base.__module__))
    declared: dict[str, int | None] = {}  # by module of a plug-in
    for base in kind.__mro__[: kind.__mro__.index(shipped)]:
        declared[base.__module__] = declared.get(base.__module__) or vars(base).get("version")
    return [*(declared[module] or plugins.digest_of(module) for module in declared), shipped.version]  # type: ignore[attr-defined]  # of all three


def version_of_task(task: Task) -> list[int | str]:
    """The version of a task's class, then that of its metric where a plug-in adds it: the metrics that ship have the version of the engine."""
    added = [version_of_instance(metric, module) for module, metric in additions("metric", "METRIC") if metric.name == task.metric]
    return [*version_of_class(type(task)), *added]


def version_of_instance(thing: Any, module: str) -> int | str:
    """The version of a metric, probe or reference predictor of a plug-in's module: the one that it declares, or else the digest of the module's file."""
    return thing.version or plugins.digest_of(module)


def is_shipped(module: str) -> bool:
    """Return whether a module is one of this project's."""
    return module.partition(".")[0] == "unvanish"


@dataclass(frozen=True)
class Environment:
    """All that decides the numbers that a process computes; two processes with equal ones compute the same.

    source    a digest of the files of this project
    versions  of Python, libraries, compiler settings and installed plug-ins, by name
    """

    source: str
    versions: dict[str, str]

    def differences(self, other: Environment) -> list[str]:
        """Return how `other` differs from this, a phrase each; empty where it does not."""
        names = sorted({*self.versions, *other.versions})
        differences = [
            f"{name} {other.versions.get(name, 'missing')} instead of {self.versions.get(name, 'missing')}"
            for name in names
            if other.versions.get(name) != self.versions.get(name)
        ]
        return differences + ["other source files of unvanish"] * (self.source != other.source)


def environment(package: Path = PACKAGE) -> Environment:
    """The environment of this process, with the source files as they are on disk now."""
    versions = {"python": platform.python_version(), **library_versions("unvanish", *LIBRARIES, "scikit-learn"), "XLA_FLAGS": xla_flags()}
    return Environment(source_digest(package), versions | {module: plugins.digest_of(module) for module in entry_point_modules()})


def source_digest(package: Path) -> str:
    """The digest of the names and bytes of all Python files of a package; its folders may be links."""
    content = hashlib.sha256()
    paths = sorted(Path(folder, name) for folder, _, names in os.walk(package, followlinks=True) for name in names if name.endswith(".py"))
    for path in paths:
        content.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:16]
