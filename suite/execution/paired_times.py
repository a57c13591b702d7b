"""Two actions timed in turn, so that what else a machine does slows both: their ratio keeps what single durations lose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MIN_PAIRS, MAX_PAIRS = 7, 25
ENOUGH = 0.25  # seconds of a comparison, after which there are no more than `MIN_PAIRS`


@dataclass(frozen=True)
class PairedTimes:
    """Seconds of two actions, an element a pair whose two followed each other at once."""

    plain: tuple[float, ...]
    changed: tuple[float, ...]

    def ratio_quartiles(self) -> tuple[float, float, float]:
        """Return the lower quartile, the median and the upper quartile of changed / plain."""
        low, median, high = np.percentile(np.divide(self.changed, self.plain), [25, 50, 75])
        return float(low), float(median), float(high)


def time_pairs(plain: Callable[[], object], changed: Callable[[], object], clock: Callable[[], float]) -> PairedTimes:
    """Time two actions in turn by a clock of seconds, after a call of each that does not count; which of them is first changes from pair to pair."""
    plain()
    changed()
    seconds: tuple[list[float], list[float]] = ([], [])
    began = clock()
    while len(seconds[0]) < MIN_PAIRS or (len(seconds[0]) < MAX_PAIRS and clock() - began < ENOUGH):
        for index in (0, 1) if len(seconds[0]) % 2 == 0 else (1, 0):
            start = clock()
            (plain, changed)[index]()
            seconds[index].append(clock() - start)
    return PairedTimes(tuple(seconds[0]), tuple(seconds[1]))
