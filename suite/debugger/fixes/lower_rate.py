"""A lower learning rate: steps that are too long undo what was learned."""

from unvanish.suite.debugger.optimizers import with_rate
from unvanish.suite.debugger.program import Fix

DIVISORS = (10, 100, 1000)


def propose(program):
    """Powers of ten, since the length of the first steps says only roughly which of them is needed."""
    return [with_rate(program, 1 / divisor) for divisor in DIVISORS]


FIX = Fix("lower_rate", frozenset({"rate_too_high", "exploded", "saturated", "dead", "not_finite_operation"}), propose, 20, part="rate")
