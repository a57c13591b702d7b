"""A learning rate that stays as it begins, instead of a schedule that may end too early."""

import keras

from unvanish.suite.debugger.optimizers import inner, kind, rate, with_settings
from unvanish.suite.debugger.program import Change, Fix


def propose(program):
    """For optimizers with a schedule."""
    if not isinstance(inner(program.optimizer)._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        return []
    first = rate(program)
    name = f"a constant learning rate of {first:.3g} instead of a schedule"
    return [Change(name, lambda program: with_settings(program, learning_rate=first), f"keras.optimizers.{kind(program)}({first:.3g})\n")]


FIX = Fix("constant_rate", frozenset({"optimizer_setting", "rate_too_low", "too_short"}), propose, 10, part="rate")
