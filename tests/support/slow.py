"""Which parameters of a test `make test` leaves to `make test-slow`."""

from collections.abc import Collection, Hashable, Iterable

import pytest


def slow_but(fast: Collection[Hashable], values: Iterable[Hashable]) -> list:
    """All values as parameters of a test; those that are not in `fast` are slow."""
    return [value if value in fast else pytest.param(value, marks=pytest.mark.slow) for value in values]
