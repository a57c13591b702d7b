"""The verdict of trials on a claim: shown, refuted, not shown here, or not tested.

A claim that something cannot be done, or is done poorly, is shown where it was not done. A claim that something helps is decided by pairs:
trials of one task, lag and seed that differ in it alone. A trial that failed to run shows nothing and refutes nothing.

Refuted is only what an interval excludes, by trials in which the claim could have held. A condition whose search for a learning rate stopped at its cap
may do better at a further rate, and one without whose cure nothing of the kind it is against went wrong leaves nothing to cure: both refute nothing, so
a claim is refuted only where it is so without their trials too. They may show it, since a cure and its absence had the same number of rates.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from unvanish.reports.statistics.paired import LEVEL
from unvanish.reports.statistics.success import ran, wilson_interval
from unvanish.reports.tables.conditions import KEY
from unvanish.suite.experiment.tuning import CAP

SHOWN, REFUTED, NOT_SHOWN, NOT_TESTED = "shown", "refuted", "not shown here", "not tested"
HALF = 0.5
MIN_RESCUE_RATE = 0.2  # a cure that rescues fewer than one in five of the trials that fail without it is none

CONDITION = ["task", "lag", "model"]
SEARCH = ["search_stopped", "lowest_rate", "highest_rate", "expected_best_of_1"]


def with_search(trials: pd.DataFrame, conditions: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with the columns `SEARCH` of their condition, from the table of conditions."""
    return trials.merge(conditions[[*KEY, *SEARCH]], on=KEY, how="left", validate="many_to_one")


def without_cap(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of conditions whose search for a learning rate did not stop at its cap."""
    return trials[trials.search_stopped != CAP]


def of_conditions(n: int, total: int) -> str:
    """Return how many of some conditions, as words of a sentence; n is at least 1."""
    if total == 1:
        return "the only condition"
    return f"all {total} conditions" if n == total else f"{n} of {total} conditions"


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
            return SHOWN
        return REFUTED if self.high < HALF else NOT_SHOWN

    def minority(self) -> str:
        """The verdict on a claim that fewer than half of the trials show it; not shown where the interval holds one half."""
        return {SHOWN: REFUTED, REFUTED: SHOWN}.get(self.majority(), NOT_SHOWN)

    def none(self) -> str:
        """The verdict on a claim that no trial shows it: a single one refutes that; none of a handful may be chance."""
        return REFUTED if self.count else self.minority()


def exact_p(gained: int, lost: int) -> float:
    """Two-sided p by McNemar's exact test (1947): whether gains and losses of pairs are equally likely."""
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """Trials of the same task, lag and seed with a cure and without, one row a pair.

    `table` has the columns task, lag, model, solved (with the cure), unmitigated (solved without), cause and diagnosis (without),
    at_cap and unmitigated_at_cap (whether the search for the learning rate stopped at its cap, with the cure and without).
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, cured: pd.DataFrame, unmitigated: pd.DataFrame, same: Sequence[str] = ("task", "lag", "model", "seed")) -> Pairs:
        """Pairs evaluation trials, as `with_search` returns them, that are equal in the columns `same`.

        Those of which a trial failed to run are no pairs.
        """
        cured, unmitigated = ran(cured), ran(unmitigated)
        with_cure = cured.assign(solved=cured.diagnosis == "solved", at_cap=cured.search_stopped == CAP)
        without = unmitigated.assign(unmitigated=unmitigated.diagnosis == "solved", unmitigated_at_cap=unmitigated.search_stopped == CAP)
        left = with_cure[[*dict.fromkeys([*same, "model"]), "solved", "at_cap"]]
        right = without[[*same, "unmitigated", "cause", "diagnosis", "unmitigated_at_cap"]]
        return cls(left.merge(right, on=list(same), validate="one_to_one"))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def gained(self) -> int:
        """Pairs solved with the cure only."""
        return int((self.table.solved & ~self.table.unmitigated).sum())

    @property
    def lost(self) -> int:
        """Pairs solved without the cure only."""
        return int((~self.table.solved & self.table.unmitigated).sum())

    @cached_property
    def p(self) -> float:
        """Two-sided p by McNemar's exact test (1947): whether gains and losses are equally likely."""
        return exact_p(self.gained, self.lost)

    @cached_property
    def without_cap(self) -> Pairs:
        """The pairs in whose two conditions no search for a learning rate stopped at its cap."""
        return Pairs(self.table[~self.table.at_cap & ~self.table.unmitigated_at_cap])

    @property
    def share_gained(self) -> tuple[float, float]:
        """The exact 95 % interval of the share gained of the pairs that differ (Clopper and Pearson 1934); excludes one half where `p` is below 0.05."""
        low, high = proportion_confint(self.gained, self.gained + self.lost, method="beta") if self.gained + self.lost else (0.0, 1.0)
        return float(low), float(high)

    def cases(self, events: Collection[str]) -> pd.DataFrame:
        """Pairs in which there is something to cure: those of `meant` or, where no events are given, those that were not solved without it."""
        return self.meant(events) if events else self.table[~self.table.unmitigated]

    def decisive(self, events: Collection[str]) -> Pairs:
        """The pairs of `without_cap` at the tasks, lags and models that have `cases`."""
        at_stake = self.cases(events)[CONDITION].drop_duplicates()
        return Pairs(self.without_cap.table.merge(at_stake, on=CONDITION))

    def meant(self, events: Collection[str]) -> pd.DataFrame:
        """Pairs whose trial without the cure was not solved and had one of these causes or diagnoses."""
        return self.table[~self.table.unmitigated & (self.table.cause.isin(events) | self.table.diagnosis.isin(events))]

    def refute(self, p: float, events: Collection[str]) -> bool:
        """Return whether these pairs, all taken together, say that the cure does not help: it harms, or it rescues hardly any of those with `events`."""
        meant = self.meant(events)
        rescues_few = len(meant) > 0 and wilson_interval(int(meant.solved.sum()), len(meant))[1] < MIN_RESCUE_RATE
        return rescues_few or (p <= LEVEL and self.lost > self.gained)

    def verdict(self, p: float, p_decisive: float, events: Collection[str]) -> str:
        """The verdict on a claim that the cure helps; not tested where there is nothing to cure.

        Refuted where it harms, and where it rescues hardly any of the trials that it is meant for, those with one of these `events`: a trial that
        needs more steps, or a lower rate, says nothing of it. Both all pairs and those of `decisive` alone must say so: by all of them, so that
        what a cure rescued is never left out, and by these, so that no search that stopped at its cap decides, and no lag at which nothing is amiss.

        p, p_decisive   of `p`, of all pairs and of those of `decisive`, each corrected for the number of claims
        """
        if p <= LEVEL and self.gained > self.lost:
            return SHOWN
        if self.cases(events).empty:
            return NOT_TESTED
        return REFUTED if self.refute(p, events) and self.decisive(events).refute(p_decisive, events) else NOT_SHOWN
