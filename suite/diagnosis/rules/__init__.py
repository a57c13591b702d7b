"""The causes, one file each, which calls its rule `RULE`: functions of what was measured, without TensorFlow."""

from unvanish.suite.diagnosis.rule import Rule
from unvanish.tasks.registry import Registry

RULES: Registry[Rule] = Registry("unvanish.suite.diagnosis.rules", "diagnosis rule", "RULE", lambda thing: isinstance(thing, Rule))

__all__ = ["RULES", "Rule"]
