"""The definition of a metric: one number for the outputs of a network, or of a reference predictor, at the scored steps of a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from unvanish.tasks.task import Task


@dataclass(frozen=True)
class Metric:
    """One metric.

    kind           of the tasks that it is defined for
    measure        a function of outputs, targets and the task, which returns a number. Outputs [sequence, scored step, output] are logits or values,
                   all of them finite; targets are class numbers [sequence, scored step] or values [sequence, scored step, output]. It is given all
                   sequences of a set at once, so that it need not be a mean over sequences
    better         'higher', and 1 is perfect; or 'lower', as of an error, and 0 is perfect
    share          whether it is the share of the answers that are right, so that Wilson's interval of a share is its interval
    has_tolerance  whether it compares errors with the task's tolerance
    version        of a plug-in's metric, raised by hand when its values change; without one it is identified by its file. The metrics that ship have
                   the version of the engine
    """

    name: str
    summary: str
    kind: Literal["classification", "regression"]
    measure: Callable[[NDArray[Any], NDArray[Any], Task], float]
    better: Literal["higher", "lower"] = "higher"
    share: bool = False
    has_tolerance: bool = False
    position: int = 50
    version: int | None = None

    @property
    def perfect(self) -> float:
        """The value that nothing is better than."""
        return 1.0 if self.better == "higher" else 0.0

    def sign(self, meets: bool) -> str:
        """Return the sign between a value and the threshold that it meets, or does not meet."""
        return (">=" if meets else "<") if self.better == "higher" else ("<=" if meets else ">")

    def value(self, outputs: NDArray[Any], targets: NDArray[Any], task: Task) -> float:
        """Return the metric of one trial or predictor; not a number where an output is not finite."""
        return float(self.measure(outputs, targets, task)) if np.isfinite(outputs).all() else np.nan

    def meets(self, value: float, threshold: float) -> bool:
        """Return whether a value is at least as good as a threshold; what is not finite never is."""
        return bool(np.isfinite(value)) and (value >= threshold if self.better == "higher" else value <= threshold)
