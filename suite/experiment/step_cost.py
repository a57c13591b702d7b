"""What a training step of a condition costs, timed alone."""

from __future__ import annotations

from dataclasses import dataclass

from unvanish.suite.experiment.plan import Condition


@dataclass(frozen=True)
class StepCost:
    """The time of a training step of a condition; None and a `failure` where its program could not be run.

    milliseconds  median of a training step of one trial
    ratio, ratio_low, ratio_high  median and quartiles of its time relative to that of a step without mitigation, over `pairs` timed in turn
    """

    condition: Condition
    milliseconds: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    pairs: int = 0
    failure: str = ""
