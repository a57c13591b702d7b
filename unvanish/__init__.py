"""Train recurrent networks under each mitigation of vanishing and exploding gradients, track every trial and report what became of them.

>>> import unvanish
>>> benchmark = unvanish.run("smoke", "results")  # trains, tracks and writes report.html
>>> unvanish.load("results").trials

`unvanish.keras.Diagnose` finds what is wrong with the training of a Keras model; `unvanish.plugins` has the base classes of what one adds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark
    from unvanish.suite.run import ProgressCallback, load, run
    from unvanish.tasks.errors import UsageError

__all__ = ["Benchmark", "ProgressCallback", "UsageError", "load", "run"]

MODULES = {
    "Benchmark": "unvanish.reports.benchmark",
    "ProgressCallback": "unvanish.suite.run",
    "UsageError": "unvanish.tasks.errors",
    "load": "unvanish.suite.run",
    "run": "unvanish.suite.run",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: most commands need none of them."""
    if name not in MODULES:
        raise AttributeError(f"module 'unvanish' has no attribute {name!r}")
    return getattr(import_module(MODULES[name]), name)
