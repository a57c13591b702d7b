"""Registries of tasks, models and so on: every module of a folder that defines the agreed constant is one entry, and so is what plug-ins add.

A new entry is one new file; nothing lists the files by hand. Plug-ins come in two ways: as files that this process has loaded, and as entry
points of installed packages.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from unvanish.tasks.errors import UsageError, unknown_name
from unvanish.tasks.names import check_name


class Named(Protocol):
    """The protocol of an entry: a name to be found by."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """The entries of one kind by name.

    `Registry("unvanish.suite.models", kind="model", constant="MODEL")["lstm"]` is what the module of `unvanish.suite.models` whose `MODEL`
    has that name calls `MODEL`. The modules are imported when the first entry is looked up. Further entries are `additions("model", "MODEL")`.

    package     whose modules are searched
    is_entry    whether what a plug-in calls by the constant is one of this kind
    """

    plugins: ClassVar[list[ModuleType]] = []  # the modules of the plug-ins in use, for every registry

    def __init__(self, package: str, kind: str, constant: str, is_entry: Callable[[Any], bool] = lambda thing: hasattr(thing, "name")) -> None:
        self.package, self.kind, self.constant, self.is_entry = package, kind, constant, is_entry

    @cached_property
    def own(self) -> dict[str, Entry]:
        """The entries of the package by name, in the order of their `position`s in the literature's usual listing, then by name."""
        package = importlib.import_module(self.package)
        modules = [importlib.import_module(f"{self.package}.{info.name}") for info in pkgutil.iter_modules(package.__path__)]
        entries = [getattr(module, self.constant) for module in modules if hasattr(module, self.constant)]
        return {entry.name: entry for entry in sorted(entries, key=lambda entry: (getattr(entry, "position", 99), entry.name))}

    @property
    def entries(self) -> dict[str, Entry]:
        """All entries by name, those of the package first; raises `UsageError` for one of another kind, without an attribute or with a name that may not be."""
        entries = dict(self.own)
        for module, entry in additions(self.kind, self.constant):
            if not self.is_entry(entry):
                raise UsageError(f"what {file_of(module)} calls {self.constant} is no {self.kind}; see docs/plug-ins.md for what one is")
            if missing := missing_attributes(entry):
                name = (entry if isinstance(entry, type) else type(entry)).__name__
                raise UsageError(f"the {self.kind} {name} of {file_of(module)} has no {' and no '.join(missing)}; see docs/plug-ins.md for what one has")
            check_name(f"the {self.kind} in {file_of(module)}", entry.name)
            if entry.name in entries:
                raise UsageError(f"{file_of(module)} has a {self.kind} called {entry.name!r}, and there is one already; give it another name")
            entries[entry.name] = entry
        return entries

    def __getitem__(self, name: str) -> Entry:
        """Return the entry called `name`; raise `UsageError`, with the closest name, where there is none."""
        entries = self.entries
        if name not in entries:
            raise unknown_name(self.kind, name, entries)
        return entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    @property
    def names(self) -> list[str]:
        return list(self.entries)


def missing_attributes(entry: Any) -> list[str]:
    """Return the attributes and methods that the base classes of an entry declare, and neither they nor the entry define."""
    kind = entry if isinstance(entry, type) else type(entry)
    declared = [name for base in kind.__mro__ for name, hint in vars(base).get("__annotations__", {}).items() if "ClassVar" in str(hint)]
    return sorted({name for name in declared if not hasattr(entry, name)} | getattr(kind, "__abstractmethods__", set()))


def file_of(module: str) -> str:
    """Return the name of the file of a module that was imported, or else the module's own name."""
    return Path(getattr(sys.modules.get(module), "__file__", None) or module).name


def additions(kind: str, constant: str) -> list[tuple[str, Any]]:
    """Return what installed packages and plug-ins add of a kind, each with the name of its module."""
    plugged_in = [(module.__name__, getattr(module, constant)) for module in Registry.plugins if hasattr(module, constant)]
    return [*installed(kind), *plugged_in]


@cache
def installed(kind: str) -> tuple[tuple[str, Any], ...]:
    """Return what the entry points of installed packages add of a kind; `unvanish.models` is the group of models."""
    return tuple((point.module, load_entry_point(point)) for point in entry_points(group=f"unvanish.{kind.replace(' ', '_')}s"))


def entry_point_modules() -> list[str]:
    """Return the names of the modules of installed packages that add something."""
    return sorted({point.module for group in entry_points().groups if group.startswith("unvanish.") for point in entry_points(group=group)})


def load_entry_point(point: EntryPoint) -> Any:
    """Return what an entry point names; raise `UsageError` where it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:  # whatever the package's code raises
        package = point.dist.name if point.dist else point.value
        raise UsageError(f"the entry point {point.value} of the package {package} cannot be loaded ({error}); mend or uninstall it") from None
