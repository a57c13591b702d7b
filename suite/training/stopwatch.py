"""Wall-clock time of the parts of a cohort's training."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


class Stopwatch:
    """Measures the calls of named parts of the work."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Measure the body of a `with` statement as one call of a part."""
        start = time.perf_counter()
        yield
        self.calls[part].append(time.perf_counter() - start)

    def seconds(self, compiled: frozenset[str]) -> dict[str, float]:
        """Return the seconds by part; the excess of the first call of a part that is a compiled program counts as `compiling`."""
        totals = {part: sum(calls) for part, calls in self.calls.items()}
        totals["compiling"] = 0.0
        for part in compiled & self.calls.keys():
            first, *others = self.calls[part]
            excess = max(first - float(np.median(others)), 0.0) if others else first
            totals[part] -= excess
            totals["compiling"] += excess
        return totals
