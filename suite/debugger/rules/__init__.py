"""The causes, one file each, which calls its rule `RULE`: pure functions of a record, without TensorFlow."""

from unvanish.suite.debugger.finding import Rule
from unvanish.tasks.registry import Registry

RULES: Registry[Rule] = Registry("unvanish.suite.debugger.rules", "diagnosis rule", "RULE", lambda thing: isinstance(thing, Rule))

__all__ = ["RULES", "Rule"]
