"""A higher learning rate: where the gradient is small, or the training too short for the rate."""

from unvanish.suite.debugger.optimizers import with_rate
from unvanish.suite.debugger.program import Fix

FACTORS = (10, 100, 1000)


def propose(program):
    """Powers of ten."""
    return [with_rate(program, factor) for factor in FACTORS]


FIX = Fix("higher_rate", frozenset({"rate_too_low", "vanished", "too_short", "no_signal", "optimizer_setting"}), propose, 30, part="rate")
