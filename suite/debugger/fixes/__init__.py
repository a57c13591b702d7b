"""The changes that findings propose, one file a kind, which calls its fix `FIX`."""

from unvanish.suite.debugger.program import Fix
from unvanish.tasks.registry import Registry

FIXES: Registry[Fix] = Registry("unvanish.suite.debugger.fixes", "fix", "FIX", lambda thing: isinstance(thing, Fix))

__all__ = ["FIXES", "Fix"]
