"""Plug-ins: Python files that define a TASK, MODEL, MITIGATION, PROBE or FIGURE of one's own, for as long as a process runs.

A plug-in is known by its source, which is what reaches workers on other machines and what counts in fingerprints.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from unvanish.tasks.errors import UsageError
from unvanish.tasks.registry import Registry

CONSTANTS = ("TASK", "MODEL", "MITIGATION", "PROBE", "FIGURE", "REFERENCE")


@dataclass(frozen=True)
class Plugin:
    """A file's name and source."""

    name: str
    source: str

    @property
    def module_name(self) -> str:
        """The same in every process that loads this source, so that its classes can be sent from one to another."""
        digest = hashlib.sha256(self.source.encode()).hexdigest()[:12]
        return f"unvanish_plugin_{''.join(c if c.isalnum() else '_' for c in Path(self.name).stem)}_{digest}"


LOADED: dict[str, Plugin] = {}  # what this process has run, by the name of the module


def read(path: Path) -> Plugin:
    """The plug-in in a file; raises `UsageError` where it cannot be read."""
    try:
        return Plugin(path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text file"
        raise UsageError(f"the plug-in {path} cannot be read ({reason}); give the path of a Python file") from None


def load(plugin: Plugin) -> ModuleType:
    """Runs a plug-in's source, once in a process; raises `UsageError`, with the line, where it cannot be run."""
    name = plugin.module_name
    if name in LOADED:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = plugin.name
    sys.modules[name] = module  # before it is run: classes look their module up
    try:
        exec(compile(plugin.source, plugin.name, "exec"), module.__dict__)
    except Exception as error:  # whatever the user's code raises
        del sys.modules[name]
        raise UsageError(
            f"the plug-in {plugin.name} cannot be loaded: line {line_of(error, plugin.name)}: {type(error).__name__}: {error}; mend it, or leave it out"
        ) from None
    if not any(hasattr(module, constant) for constant in CONSTANTS):
        del sys.modules[name]
        raise UsageError(f"the plug-in {plugin.name} defines none of {', '.join(CONSTANTS)}; give what it adds one of these names")
    LOADED[name] = plugin
    return module


def use(plugins: Sequence[Plugin]) -> None:
    """Offers what these plug-ins define to the registries, and what no other does: a worker may have loaded those of other runs."""
    Registry.plugins[:] = dict.fromkeys(map(load, plugins))


def add(path: Path) -> None:
    """Offers what the plug-in in a file defines too; raises `UsageError` where it cannot be loaded."""
    module = load(read(path))
    if module not in Registry.plugins:
        Registry.plugins.append(module)


def used() -> tuple[Plugin, ...]:
    """The plug-ins that the registries know."""
    return tuple(LOADED[module.__name__] for module in Registry.plugins)


def line_of(error: Exception, name: str) -> int | None:
    """The line of a plug-in at which it failed, as deep in it as can be said."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    return lines[-1] if lines else None


def offered(constant: str) -> list[str]:
    """The names of what the plug-ins in use define by a constant."""
    return [getattr(module, constant).name for module in Registry.plugins if hasattr(module, constant)]


def syntax_of(module: str) -> str:
    """The syntax tree, as text, of a plug-in or of a module that is installed, imported or not."""
    if module in LOADED:
        return syntax(LOADED[module].source.encode())
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    return syntax(Path(spec.origin).read_bytes())


@cache
def syntax(source: bytes) -> str:
    """A module's syntax tree as text, without docstrings; kept, since every condition of a plan asks for those of some forty modules."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
