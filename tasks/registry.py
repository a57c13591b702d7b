"""Finds what a folder, plug-ins and installed packages offer: every module that defines the agreed constant is one entry.

A new entry is one new file; nothing lists the files by hand.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from unvanish.tasks.errors import UsageError, unknown_name


class Named(Protocol):
    """What an entry needs: a name to be found by."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """The entries of one kind by name.

    `Registry("unvanish.suite.models", kind="model", constant="MODEL")["lstm"]` is what the module of `unvanish.suite.models` whose `MODEL`
    has that name calls `MODEL`. The modules are imported when the first entry is asked for. Further entries are those of the
    plug-ins that this process has loaded, and the entry points `unvanish.models` of installed packages.

    package     whose modules are looked at
    is_entry    whether what a plug-in calls by the constant is one of this kind
    """

    plugins: ClassVar[list[ModuleType]] = []  # all that this process has loaded, for every registry

    def __init__(self, package: str, kind: str, constant: str, is_entry: Callable[[Any], bool] = lambda thing: hasattr(thing, "name")) -> None:
        self.package, self.kind, self.constant, self.is_entry = package, kind, constant, is_entry

    @cached_property
    def own(self) -> dict[str, Entry]:
        """Those of the package, in the order of their `position`s in the literature's usual listing, then by name."""
        package = importlib.import_module(self.package)
        modules = [importlib.import_module(f"{self.package}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
        found = [getattr(module, self.constant) for module in modules if hasattr(module, self.constant)]
        return {entry.name: entry for entry in sorted(found, key=lambda entry: (getattr(entry, "position", 99), entry.name))}

    @cached_property
    def installed(self) -> dict[str, Entry]:
        """Those of installed packages, by name."""
        return self.checked({point.value: load_entry_point(point) for point in entry_points(group=f"unvanish.{self.kind.replace(' ', '_')}s")}, self.own)

    @property
    def entries(self) -> dict[str, Entry]:
        """All entries by name: those of the package first, then those of installed packages and of plug-ins."""
        known = {**self.own, **self.installed}
        offered = {module.__name__: getattr(module, self.constant) for module in self.plugins if hasattr(module, self.constant)}
        return {**known, **self.checked(offered, known)}

    def checked(self, offered: dict[str, Any], known: dict[str, Entry]) -> dict[str, Entry]:
        """What modules offer, by name; raises `UsageError` for what is none of this kind, or has a name that is taken."""
        found: dict[str, Entry] = {}
        for source, entry in offered.items():
            if not self.is_entry(entry):
                raise UsageError(f"what {source} calls {self.constant} is no {self.kind}; see 'Add your own' in the README for what one is")
            if entry.name in known or entry.name in found:
                raise UsageError(f"{source} has a {self.kind} called {entry.name!r}, and there is one already; give it another name")
            found[entry.name] = entry
        return found

    def __getitem__(self, name: str) -> Entry:
        """The entry called `name`; raises `UsageError`, with the closest name, where there is none."""
        entries = self.entries
        if name not in entries:
            raise unknown_name(self.kind, name, entries)
        return entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    @property
    def names(self) -> list[str]:
        return list(self.entries)


def load_entry_point(point: EntryPoint) -> Any:
    """What an installed package offers; raises `UsageError` where it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:  # whatever the package's code raises
        package = point.dist.name if point.dist else point.value
        raise UsageError(f"the entry point {point.value} of the package {package} cannot be loaded ({error}); mend or uninstall it") from None
