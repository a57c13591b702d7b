"""Finds what a folder offers: every module of a package that defines the agreed constant is one entry.

A new entry is one new file; nothing lists the files by hand.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from tasks.errors import unknown_name


class Named(Protocol):
    """What an entry needs: a name to be found by."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """The entries of one package by name.

    `Registry("suite.models", kind="model", constant="MODEL")["lstm"]` is what the module of `suite.models` whose `MODEL`
    has that name calls `MODEL`. The modules are imported when the first entry is asked for.
    """

    def __init__(self, package: str, kind: str, constant: str) -> None:
        self.package, self.kind, self.constant = package, kind, constant

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """All entries by name, in the order of their `position`s in the literature's usual listing, then by name."""
        package = importlib.import_module(self.package)
        modules = [importlib.import_module(f"{self.package}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
        found = [getattr(module, self.constant) for module in modules if hasattr(module, self.constant)]
        return {entry.name: entry for entry in sorted(found, key=lambda entry: (getattr(entry, "position", 99), entry.name))}

    def __getitem__(self, name: str) -> Entry:
        """The entry called `name`; raises `WrongUse`, with the closest name, where there is none."""
        if name not in self.entries:
            raise unknown_name(self.kind, name, self.entries)
        return self.entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    @property
    def names(self) -> list[str]:
        return list(self.entries)
