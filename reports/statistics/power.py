"""The number of trials that a decision needs, computed before it is made: by the effect that a claim is of, not by the one that was measured."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.stats import binom, nbinom

from unvanish.reports.statistics.paired import LEVEL, smallest_p
from unvanish.reports.statistics.success import wilson_interval

POWER = 0.8  # the probability that so many trials decide, where the effect is as large as that
MAX_PAIRS = 10_000


def pairs_needed(gained: float, tests: int, level: float = LEVEL, power: float = POWER) -> int | None:
    """Return the pairs with which McNemar's exact test finds a cure that solves this share of them more and loses none.

    The p of g pairs gained and none lost is 2 / 2^g; g must be so large that it stays significant after Bonferroni's correction for `tests`, the first
    step of Holm's. The number of pairs until g are gained is negative binomial. None where the share is 0, or so small that it needs more than
    `MAX_PAIRS`.
    """
    if not gained:
        return None
    fewest = 1
    while smallest_p(fewest) * tests > level:
        fewest += 1
    pairs = int(nbinom.ppf(power, fewest, gained)) + fewest
    return pairs if pairs <= MAX_PAIRS else None


@cache
def trials_needed(share: float, bound: float = 0.5, power: float = POWER) -> int:
    """Return the fewest trials with which Wilson's interval of a share that is truly this excludes a bound, on the side of the share.

    Raises `ValueError` where the share is the bound, which no number of trials excludes.
    """
    if share == bound:
        raise ValueError(f"no number of trials tells a share of {share} from {bound}")
    trials = 1
    while True:
        counts = np.arange(trials + 1)
        intervals = [wilson_interval(int(count), trials) for count in counts]
        excludes = [high < bound if share < bound else low > bound for low, high in intervals]
        if binom.pmf(counts, trials, share)[excludes].sum() >= power:
            return trials
        trials += 1
