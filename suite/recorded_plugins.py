"""The plug-ins of a benchmark as its plan records them, and how a later command finds them again.

What is run is only ever a file of this machine that has the recorded digest, never what a store holds: that may come from anyone.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from unvanish.suite import plugins
from unvanish.tasks.errors import UsageError


class PluginWarning(UserWarning):
    """A plug-in of a benchmark was not found again."""


@dataclass(frozen=True)
class RecordedPlugin:
    """A plug-in that a benchmark was trained with.

    name      of its file
    given     its path as it was given: from the folder in which the benchmark was run, or from that of its profile
    path      the same path, absolute
    digest    of its source
    defines   the name of what it defines, by the constant
    """

    name: str
    given: str
    path: str
    digest: str
    defines: dict[str, str]


def record_plugins() -> list[RecordedPlugin]:
    """Return a record of each plug-in that this process uses."""
    return [RecordedPlugin(used.name, used.given, used.path, used.digest, defined_by(used)) for used in plugins.active()]


def defined_by(plugin: plugins.Plugin) -> dict[str, str]:
    """Return the name of what a loaded plug-in defines, by the constant; a definition without a name is refused where it is looked up."""
    module = sys.modules[plugin.module_name]
    return {constant: getattr(getattr(module, constant), "name", "") for constant in plugins.CONSTANTS if hasattr(module, constant)}


def find_again(recorded: Iterable[RecordedPlugin], needed: Collection[tuple[str, str]] | None = None) -> None:
    """Load those plug-ins of a benchmark that are not in use yet.

    needed    what the caller cannot do without, constant and name each: raises `UsageError` where a plug-in defines it that cannot be loaded, and says
              nothing of others. Where it is not given, a `PluginWarning` says of each which file is missing or has changed.
    """
    for plugin in recorded:
        if sentence := load_again(plugin):
            if needed is None:
                warnings.warn(PluginWarning(sentence), stacklevel=2)
            elif not plugin.defines.items().isdisjoint(needed):
                raise UsageError(sentence)


def load_again(recorded: RecordedPlugin) -> str | None:
    """Load a recorded plug-in; return the reason where it cannot be loaded.

    It is not needed where one in use has the same source, or defines the same: that is the one which the user has given.
    """
    if any(recorded.digest == used.digest or recorded.defines.items() & defined_by(used).items() for used in plugins.active()):
        return None
    which = f"the plug-in {recorded.name} that the benchmark was run with"
    path = Path(recorded.path)
    if not os.path.isfile(path):
        return f"{which} is not at {path} any more; give it with --plugin"
    try:
        if plugins.read(path).digest != recorded.digest:
            return f"{which} has changed at {path} since; give it as it was, or as it is now, with --plugin"
        plugins.add(path)
    except UsageError as error:
        return str(error)
    return None
