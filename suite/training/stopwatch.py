"""Where the time of a cohort goes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


class Stopwatch:
    """Takes the time of parts of the work that are done again and again."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.calls[part].append(time.perf_counter() - start)

    def seconds(self, compiled: frozenset[str]) -> dict[str, float]:
        """Seconds by part. Of a part that is a compiled program, what the first call took longer than the others is compiling."""
        totals = {part: sum(calls) for part, calls in self.calls.items()}
        totals["compiling"] = 0.0
        for part in compiled & self.calls.keys():
            first, *others = self.calls[part]
            excess = max(first - float(np.median(others)), 0.0) if others else first
            totals[part] -= excess
            totals["compiling"] += excess
        return totals
