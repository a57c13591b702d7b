"""The causes, one file each, which calls its rule `RULE`: pure functions of a record, without TensorFlow."""

from suite.keras.finding import Rule
from tasks.registry import Registry

RULES: Registry[Rule] = Registry("suite.keras.rules", "diagnosis rule", "RULE", lambda thing: isinstance(thing, Rule))

__all__ = ["RULES", "Rule"]
