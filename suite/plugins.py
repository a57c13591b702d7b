"""Plug-ins: Python files that define a TASK, METRIC, MODEL, MITIGATION, PROBE, FIGURE or REFERENCE of one's own, for as long as a process runs.

A plug-in is its source: that is what is sent to workers, and what identifies one that declares no version.
"""

from __future__ import annotations

import hashlib
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError, shortened
from unvanish.tasks.files import read_text
from unvanish.tasks.registry import Registry

CONSTANTS = ("TASK", "MODEL", "MITIGATION", "PROBE", "FIGURE", "REFERENCE", "METRIC")
MAX_REASON = 300  # characters of an error's text
MAX_STEM = 50  # characters of a file's name in that of its module, which is a file's name again among the artifacts
FRAME_IN_TEXT = re.compile(r'File "([^"]+)", line (\d+), in (\w+)')  # where TensorFlow says in an error which line defined an operation


@dataclass(frozen=True)
class Plugin:
    """A file's name and source, and its path: as it was given, and absolute."""

    name: str
    source: str
    given: str = ""
    path: str = ""

    @property
    def digest(self) -> str:
        return digest(self.source.encode())

    @property
    def module_name(self) -> str:
        """The same in every process that loads this source, so that its classes can be sent from one to another."""
        return f"unvanish_plugin_{''.join(c if c.isalnum() else '_' for c in Path(self.name).stem[:MAX_STEM])}_{self.digest}"


@dataclass(frozen=True)
class Place:
    """Where in a plug-in something failed: the line as deep in it as is known, and the qualified name of its function that was called from outside."""

    plugin: Plugin
    line: int
    function: str

    def __str__(self) -> str:
        return f"plug-in {self.plugin.name}, line {self.line}, {self.function.rpartition('.')[2]}"


LOADED: dict[str, Plugin] = {}  # those that this process has run, by the name of the module


def read(path: Path) -> Plugin:
    """Return the plug-in in a file; raise `UsageError` where it cannot be read."""
    return Plugin(path.name, read_text(path, "the plug-in", "the path of a Python file"), str(path), str(path.absolute()))


def load(plugin: Plugin) -> ModuleType:
    """Run a plug-in's source, once in a process; raise `UsageError`, with the line, where it cannot be run."""
    name = plugin.module_name
    if name in LOADED:
        LOADED[name] = plugin  # the same source, which may lie elsewhere now
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = plugin.name
    sys.modules[name] = module  # before it is run: classes look their module up
    try:
        exec(compile(plugin.source, plugin.name, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        del sys.modules[name]
        reason = shortened(f"line {line_of(error, plugin.name)}: {type(error).__name__}: {error}", MAX_REASON)
        raise UsageError(f"the plug-in {plugin.name} cannot be loaded: {reason}; correct it, or leave it out") from None
    if not any(hasattr(module, constant) for constant in CONSTANTS):
        del sys.modules[name]
        raise UsageError(f"the plug-in {plugin.name} defines none of {', '.join(CONSTANTS)}; give what it adds one of these names")
    LOADED[name] = plugin
    return module


def activate(plugins: Sequence[Plugin]) -> None:
    """Make the registries know these plug-ins and no others: a worker may have loaded those of other runs."""
    Registry.plugins[:] = dict.fromkeys(map(load, plugins))


def add(path: Path) -> None:
    """Make the registries know the plug-in in a file too; raise `UsageError` where it cannot be loaded."""
    module = load(read(path))
    if module not in Registry.plugins:
        Registry.plugins.append(module)


def active() -> tuple[Plugin, ...]:
    """The plug-ins that the registries know."""
    return tuple(LOADED[module.__name__] for module in Registry.plugins)


def line_of(error: BaseException, name: str) -> int | None:
    """The line of a plug-in at which it failed, as deep in it as can be said."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    return lines[-1] if lines else None


def place_of(error: BaseException) -> Place | None:
    """Return where in a plug-in in use an error, or what caused it, came from; None where it came from none that is known.

    By the frames of its traceback, and where there are none by the lines that TensorFlow writes into the message of a program that cannot be
    compiled or run.
    """
    used = {plugin.name: plugin for plugin in active()}
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    for each in chain:
        frames = [frame for frame, _ in traceback.walk_tb(each.__traceback__) if frame.f_code.co_filename in used]
        if frames:
            first, plugin = frames[0], used[frames[0].f_code.co_filename]
            line = line_of(each, plugin.name)
            assert line is not None
            return Place(plugin, line, first.f_code.co_qualname)
    for each in chain:
        found = [match for match in FRAME_IN_TEXT.findall(str(each)) if match[0] in used]
        if found:
            return Place(used[found[0][0]], int(found[-1][1]), found[0][2])
    return None


def reason_of(error: BaseException) -> str:
    """Return an error on one line, without passwords, after the place in a plug-in that it came from, where it came from one."""
    place, text = place_of(error), one_line(f"{type(error).__name__}: {error}")
    return redact(f"{place}: {text}" if place else text)


def one_line(text: str) -> str:
    """Return a text of others on one line, not longer than `MAX_REASON`, and with what a terminal would obey as escape sequences."""
    words = " ".join(text[: 10 * MAX_REASON].split())[:MAX_REASON]
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in words)


def entry_names(constant: str) -> list[str]:
    """The names of what the plug-ins in use define by a constant."""
    return [getattr(module, constant).name for module in Registry.plugins if hasattr(module, constant)]


def digest_of(module: str) -> str:
    """The digest of the source of a plug-in's module, or of the file of an installed package's, imported or not."""
    if module in LOADED:
        return LOADED[module].digest
    file = getattr(sys.modules.get(module), "__file__", None)
    spec = None if file else find_spec(module)
    path = file or (spec.origin if spec else None)
    assert path is not None, module
    return digest(Path(path).read_bytes())


def digest(source: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a source."""
    return hashlib.sha256(source).hexdigest()[:16]
