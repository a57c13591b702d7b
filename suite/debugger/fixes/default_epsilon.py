"""Adam's epsilon at its default: a large one shortens the steps of small gradients."""

from unvanish.suite.debugger.optimizers import inner, kind, rate, with_settings
from unvanish.suite.debugger.program import Change, Fix

DEFAULT = 1e-7  # in Keras


def propose(program):
    """For optimizers whose epsilon is above the default."""
    epsilon = getattr(inner(program.optimizer), "epsilon", None)
    if epsilon is None or epsilon <= DEFAULT:
        return []
    return [
        Change(
            f"epsilon {DEFAULT:g} instead of {epsilon:g}",
            lambda program: with_settings(program, epsilon=DEFAULT),
            f"keras.optimizers.{kind(program)}({rate(program):g}, epsilon={DEFAULT:g})\n",
        )
    ]


FIX = Fix("default_epsilon", frozenset({"optimizer_setting", "rate_too_low"}), propose, 10)
