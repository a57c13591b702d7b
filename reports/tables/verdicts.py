"""The verdict of trials on a claim: confirmed, refuted, or not shown.

A claim that something cannot be done, or is done poorly, is confirmed where it was not done. A claim that something helps is decided by pairs:
trials of one task, lag and seed that differ in it alone. A trial that failed to run confirms nothing and refutes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from scipy.stats import binomtest

from unvanish.reports.statistics.paired import LEVEL
from unvanish.reports.statistics.success import wilson_interval

CONFIRMED, REFUTED, NOT_SHOWN = "confirmed", "refuted", "not shown"
HALF = 0.5
MIN_RESCUE_RATE = 0.2  # a cure that rescues fewer than one in five of the trials that fail without it is none


@dataclass(frozen=True)
class Share:
    """The share of trials that show something, with Wilson's interval; see `unvanish.reports.statistics.success.success`."""

    count: int
    total: int
    low: float
    high: float

    def majority(self) -> str:
        """The verdict on a claim that more than half of the trials show it; not shown where the interval holds one half."""
        if self.low > HALF:
            return CONFIRMED
        return REFUTED if self.high < HALF else NOT_SHOWN

    def minority(self) -> str:
        """The verdict on a claim that fewer than half of the trials show it; not shown where the interval holds one half."""
        return {CONFIRMED: REFUTED, REFUTED: CONFIRMED}.get(self.majority(), NOT_SHOWN)

    def none(self) -> str:
        """The verdict on a claim that no trial shows it: a single one refutes that; none of a handful may be chance."""
        return REFUTED if self.count else self.minority()


def exact_p(gained: int, lost: int) -> float:
    """Two-sided p by McNemar's exact test (1947): whether gains and losses of pairs are equally likely."""
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """Trials of the same task, lag and seed with a cure and without, one row a pair.

    `table` has the columns task, lag, model, solved and failed (with the cure), unmitigated (solved without), cause and diagnosis (without).
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, cured: pd.DataFrame, unmitigated: pd.DataFrame, same: Sequence[str] = ("task", "lag", "model", "seed")) -> Pairs:
        """Pairs evaluation trials that are equal in the columns `same`; those whose trial without the cure failed to run are no pairs."""
        ran = unmitigated[unmitigated.status != "failed"]
        left = cured.assign(solved=cured.diagnosis == "solved", failed=cured.status == "failed")[[*dict.fromkeys([*same, "model"]), "solved", "failed"]]
        right = ran.assign(unmitigated=ran.diagnosis == "solved")[[*same, "unmitigated", "cause", "diagnosis"]]
        return cls(left.merge(right, on=list(same), validate="one_to_one"))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def gained(self) -> int:
        """Pairs solved with the cure only."""
        return int((self.table.solved & ~self.table.unmitigated).sum())

    @property
    def lost(self) -> int:
        """Pairs solved without the cure only; one that failed to run with it is not solved."""
        return int((~self.table.solved & self.table.unmitigated).sum())

    @cached_property
    def p(self) -> float:
        """Two-sided p by McNemar's exact test (1947): whether gains and losses are equally likely."""
        return exact_p(self.gained, self.lost)

    def meant(self, events: Collection[str]) -> pd.DataFrame:
        """Pairs whose trial without the cure was not solved and had one of these causes or diagnoses."""
        return self.table[~self.table.unmitigated & (self.table.cause.isin(events) | self.table.diagnosis.isin(events))]

    def verdict(self, p: float, events: Collection[str]) -> str:
        """The verdict on a claim that the cure helps, with p corrected for the number of claims.

        Refuted where it harms, and where it rescues hardly any of the trials that it is meant for, those with one of these `events`: a trial that
        needs more steps, or a lower rate, says nothing of it.
        """
        if p <= LEVEL and self.gained > self.lost:
            return CONFIRMED
        if self.table.failed.any():
            return NOT_SHOWN
        meant = self.meant(events)
        rescues_few = len(meant) > 0 and wilson_interval(int(meant.solved.sum()), len(meant))[1] < MIN_RESCUE_RATE
        return REFUTED if rescues_few or (p <= LEVEL and self.lost > self.gained) else NOT_SHOWN
