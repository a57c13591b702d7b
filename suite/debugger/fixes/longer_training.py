"""More training steps, for a loss that was still falling."""

from dataclasses import replace

from unvanish.suite.debugger.program import Change, Fix

FACTOR = 4


def propose(program):
    """The only change that is not compared after the same number of steps."""
    change = Change(
        f"{FACTOR} times as many steps", lambda program: replace(program, steps=FACTOR * program.steps), f"model.fit(..., epochs={FACTOR} * epochs)\n"
    )
    return [change]


FIX = Fix("longer_training", frozenset({"too_short"}), propose, 10)
