"""The search for the learning rate of a condition: a grid that grows where its best rate is at an edge, and the choice, on tuning seeds alone.

An optimum at the boundary of a search space says that the space was too small (Godbole et al. 2023, Deep Learning Tuning Playbook). So the
search goes on, one rate at a time, until it can say why a further rate is not needed, or as many were tried as the profile allows. The rule
is the same for every condition and knows nothing of its evaluation seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PATIENCE = 2  # further rates in a direction that are tried where none has left the baseline

INSIDE, TIED, UNSTABLE, BASELINE, CAP = "inside", "tied", "unstable", "baseline", "cap"
STOPPED = {
    INSIDE: "a lower and a higher rate were tried, and neither is better",
    TIED: "the best rate is at an end of those tried, and every tuning seed solves the task there and at the one next to it",
    UNSTABLE: "at the next higher rate every tuning seed diverges, and the next lower one is no better",
    BASELINE: f"no rate tells it from the memoryless baseline, nor do {PATIENCE} further ones in either direction, or every seed diverges there",
    CAP: "as many rates were tried as the profile allows, and a further one may be better",
}


@dataclass(frozen=True)
class RateGrid:
    """The learning rates of a condition: the first ones, and how far the grid may grow.

    first   ascending, each `ratio` times the one before
    most    the number of rates that may be tried; that of the first ones where the grid does not grow
    """

    first: tuple[float, ...]
    ratio: float
    most: int

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest rate that may be tried, if the grid grows in one direction alone."""
        further = self.ratio ** (self.most - len(self.first))
        return self.first[0] / further, self.first[-1] * further


@dataclass(frozen=True)
class TriedRate:
    """What became of the tuning seeds at one learning rate.

    outcomes   of `unvanish.suite.diagnosis.OUTCOMES`, a word a seed
    losses     on the validation set, a number a seed; NaN where it diverged or failed
    """

    rate: float
    outcomes: tuple[str, ...]
    losses: tuple[float, ...]

    @property
    def n_solved(self) -> int:
        return self.outcomes.count("solved")

    @property
    def n_diverged(self) -> int:
        """Seeds that diverged, or could not be run to their end."""
        return self.outcomes.count("diverged") + self.outcomes.count("failed")

    @property
    def unstable(self) -> bool:
        """Return whether no seed stayed finite."""
        return self.n_diverged == len(self.outcomes)

    @property
    def solved(self) -> bool:
        """Return whether every seed solved the task."""
        return self.n_solved == len(self.outcomes)

    @property
    def above_baseline(self) -> bool:
        """Return whether it can be told from the memoryless baseline: a seed solved the task, or every one learned some of it."""
        return self.n_solved > 0 or set(self.outcomes) == {"learning"}

    def mean_loss(self, baseline: float) -> float:
        """The mean over the seeds, each capped at the memoryless baseline: above it a loss says nothing of how near a trial came."""
        return float(np.mean([min(loss, baseline) if np.isfinite(loss) else baseline for loss in self.losses]))


def best_rate(tried: Sequence[TriedRate], baseline: float) -> TriedRate:
    """The rate at which most tuning seeds solve the task; of equals, the one with the fewest that diverged, then with the most solved seeds at the rates
    next to it, then the lowest loss, then the lowest.

    The success rate on new seeds is reported, so its estimate is maximised: one low-loss seed counts as one seed, however small its loss, and what
    the neighbours solve says how sure it is. `tried` is ascending; `baseline` is the loss of the task's memoryless baseline.

    Tried on 36 conditions of three tasks at up to 7 rates, with 6 seeds, for all choices of 2 tuning seeds: the mean success rate on the other seeds was
    0.767 with the grid that grows and this rule, and 0.763 without the neighbours, which were better in 6 choices of 540 and worse in none; 0.772 and
    0.751 with all 7 rates, 0.698 and 0.694 with the first 3; 0.835 if the best of the 7 were known.
    """

    def order(place: int) -> tuple[int, int, int, float, float]:
        rate = tried[place]
        beside = sum(neighbour.n_solved for neighbour in (*tried[max(place - 1, 0) : place], *tried[place + 1 : place + 2]))
        return -rate.n_solved, rate.n_diverged, -beside, rate.mean_loss(baseline), rate.rate

    return tried[min(range(len(tried)), key=order)]


@dataclass(frozen=True)
class Search:
    """Where a search for a rate stands: the best rate so far, the rates to try next, and of `STOPPED` why there are none; empty while there are some."""

    best: TriedRate
    further: tuple[float, ...]
    stopped: str


def search(grid: RateGrid, tried: Sequence[TriedRate], baseline: float) -> Search:
    """Return where the search stands after these rates, ascending and without a gap; `baseline` is the loss of the memoryless baseline.

    Tried on the 156 conditions of the profile quick with 9 rates each: up to 7 rates this found as many solved tuning seeds as the best of
    the 9 in every condition, and of those that it left at the baseline none left it at another of the 9. Where one seed that learned a little
    was enough to go on around it, or a tie of losses enough to stop, it missed 3 of 174 solved seeds.
    """
    best = best_rate(tried, baseline)
    told = any(rate.above_baseline for rate in tried)
    directions, reason = around_best(best, tried) if told else around_baseline(grid, tried)
    room = grid.most - len(tried)
    if directions and not room:
        return Search(best, (), CAP)
    ends = {-1: tried[0].rate / grid.ratio, 1: tried[-1].rate * grid.ratio}
    return Search(best, tuple(sorted(six_digits(ends[direction]) for direction in directions[:room])), reason)


def around_best(best: TriedRate, tried: Sequence[TriedRate]) -> tuple[list[int], str]:
    """The directions to go on in, up (1) before down (-1), or the reason to stop, where a rate can be told from the baseline."""
    place = tried.index(best)
    higher, lower = tried[place + 1 : place + 2], tried[max(place - 1, 0) : place]
    if higher and lower:
        return [], UNSTABLE if higher[0].unstable else INSIDE
    if best.solved and any(neighbour.solved for neighbour in (*higher, *lower)):
        return [], TIED
    return [1] * (not higher) + [-1] * (not lower), ""


def around_baseline(grid: RateGrid, tried: Sequence[TriedRate]) -> tuple[list[int], str]:
    """The same where none can: both directions, but not beyond what diverged on every seed, nor beyond `PATIENCE` further rates."""
    higher = sum(rate.rate > grid.first[-1] for rate in tried)
    lower = sum(rate.rate < grid.first[0] for rate in tried)
    directions = [1] * (higher < PATIENCE and not tried[-1].unstable) + [-1] * (lower < PATIENCE)
    return directions, "" if directions else BASELINE


def six_digits(rate: float) -> float:
    """Return a rate as a person would write it."""
    return float(f"{rate:.6g}")
