"""Trains many recurrent networks at once, under each cure for vanishing and exploding gradients, and says what became of them.

`suite.run` trains and tracks a profile, `suite.load` reads a benchmark back as pandas frames.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite.benchmark import Benchmark, Listener, load, run

__all__ = ["Benchmark", "Listener", "load", "run"]


def __getattr__(name: str) -> Any:
    """What the interface offers is loaded when it is first used: most of the commands need none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'suite' has no attribute {name!r}")
    from suite import benchmark

    return getattr(benchmark, name)
