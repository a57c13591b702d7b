"""How often trials of a condition solve the task."""

from __future__ import annotations

from scipy.stats import binomtest


def wilson_interval(solved: int, tried: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a success rate by Wilson's score (1927): honest near 0 and 1, and for a handful of trials."""
    interval = binomtest(solved, tried).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
