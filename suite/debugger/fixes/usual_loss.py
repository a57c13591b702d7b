"""The absolute or the squared error instead of a loss that cannot serve, such as a percentage of targets at 0."""

from dataclasses import replace

from unvanish.suite.debugger.fixes.standardise_targets import names_of
from unvanish.suite.debugger.program import Change, Fix

LOSSES = {"mae": "mean_absolute_error", "mse": "mean_squared_error"}


def propose(program):
    """For outputs that are numbers."""
    if any(reading.kind != "number" for reading in program.readings):
        return []
    present = names_of(program.loss)
    return [with_loss(short, name) for short, name in LOSSES.items() if present != [name]]


def with_loss(short, name):
    """The change to one loss."""
    return Change(f"{name.replace('_', ' ')} as loss", lambda program: replace(program, loss=short), f'loss="{short}"\n')


FIX = Fix("usual_loss", frozenset({"wrong_loss", "not_finite_operation"}), propose, 3, part="targets")
