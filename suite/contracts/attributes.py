"""Checks of every kind: the attributes are there, of the right types, and the name can be used in profiles and selections."""

from __future__ import annotations

import re
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from unvanish.suite.contracts.check import DoesNotHold, require
from unvanish.tasks.registry import Registry, missing_attributes

NAME = re.compile(r"[A-Za-z]\w*(-\w+)*")  # in profiles +, parentheses and colons have a meaning, in selections commas, = and |


def check_attributes(thing: Any, base: type, registry: Registry[Any]) -> str:
    """Check the class attributes that a base class declares, of a class or an instance of it; return what was seen."""
    declared = {name: get_args(hint)[0] for name, hint in get_type_hints(base).items() if get_origin(hint) is ClassVar and not name.startswith("_")}
    for name, hint in declared.items():
        check_type(name, getattr(thing, name), hint)
    check_name(thing.name.partition(":")[0])  # a table's name is followed by its own
    _ = registry.entries  # raises `UsageError` where another entry has its name
    return f"{len(declared)} class attributes are there and of the right types"


def check_complete(thing: Any, registry: Registry[Any]) -> None:
    """Raise `DoesNotHold` unless something is of the kind of a registry, and lacks no attribute that its base classes declare."""
    require(registry.is_entry(thing), f"what is called {registry.constant} is no {registry.kind}; see docs/plug-ins.md for what one is")
    if missing := missing_attributes(thing):
        name = (thing if isinstance(thing, type) else type(thing)).__name__
        raise DoesNotHold(f"{name} has no {' and no '.join(missing)}; see docs/plug-ins.md for what a {registry.kind} has")


def check_type(name: str, value: Any, hint: Any) -> None:
    """Raise `DoesNotHold` unless a value is of the type of a hint."""
    try:
        adapter = TypeAdapter(hint)
    except PydanticSchemaGenerationError:  # a type of pydantic's own, which it checks itself
        return
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        kind = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
        raise DoesNotHold(f"{name} is {value!r}; it must be of the type {kind}") from None


def check_name(name: str) -> None:
    """Raise `DoesNotHold` unless a name can be used in profiles and selections."""
    require(NAME.fullmatch(name), f"the name is {name!r}; it must begin with a letter, then letters, digits, hyphens and underscores, as in gradient_clipping")
