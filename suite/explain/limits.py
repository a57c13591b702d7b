"""The defaults and limits of what is explained, which are checked before TensorFlow is loaded."""

from __future__ import annotations

from unvanish.tasks.errors import UsageError

LAG, LONG_LAG, HIDDEN, SEED = 2, 20, 3, 0
LIMITS = {"lag": (1, 10), "long_lag": (10, 60), "hidden": (2, 4), "seed": (0, 2**32 - 1)}


def check_limits(**given: int) -> None:
    """Raise `UsageError` for a value outside `LIMITS`, in the words of the command line."""
    for name, value in given.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise UsageError(f"--{name.replace('_', '-')} is {value}; it must be a whole number between {low} and {high}")
