"""The time that the training of cohorts still takes, from what was seen of it so far.

Three things are measured while the workers train: how much work a second of a worker does, how long a cohort takes until its first
block is trained (its programs are compiled), and by how much grids of learning rates grow. The work that is left is then shared
out among the workers in the order in which they will get it, so that the end, where some have nothing to do, is counted too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from math import exp

WINDOW = 120.0  # seconds, after which a measured speed weighs 1/e: long enough to average the jumps of trials that need no training
ENOUGH = 20.0  # seconds of workers that trained, of which a speed can be told
OWN_WEIGHT = 30.0  # seconds of training of a model, from which on its own speed weighs more than that of all
EXPECTED_GROWTH = 0.5  # share of the further trials that grids which may grow do train: 0.47 in the profile quick


@dataclass(frozen=True)
class CohortProgress:
    """Where a cohort stands. Work is in units of `Cohort.cost_of_trial`, times in seconds since the start of the training.

    fewest, known, most   the work of its trials: without further learning rates, with those known so far, with all that may be tried
    done       the work that was reported
    begun      when a worker began it; None while it waits
    reported   when it reported last; None before its first block
    ended      whether it has ended
    """

    model: str
    fewest: float
    known: float
    most: float
    done: float = 0.0
    begun: float | None = None
    reported: float | None = None
    ended: bool = False

    def expected(self, growth: float) -> float:
        """Return its work if grids grow by this share of what they may; the more of the known work is done, the less it grows any more."""
        if self.ended:
            return self.done
        further = max(self.fewest + growth * (self.most - self.fewest) - self.known, 0.0)
        return self.known + further * max(1.0 - self.done / self.known, 0.0)


@dataclass(frozen=True)
class RecentSpeed:
    """Work and the seconds of workers that it took, weighted by how long ago that was."""

    work: float = 0.0
    seconds: float = 0.0
    at: float = 0.0

    def faded(self, now: float) -> RecentSpeed:
        """Return it with the weights of a later time."""
        weight = exp((self.at - now) / WINDOW)
        return RecentSpeed(self.work * weight, self.seconds * weight, now)

    def add(self, work: float, seconds: float, now: float) -> RecentSpeed:
        """Return it with what a worker did in the seconds up to now."""
        faded = self.faded(now)
        return RecentSpeed(faded.work + work, faded.seconds + seconds, now)


class Timeline:
    """Follows cohorts that are trained, in the order in which the workers get them, and forecasts their end. `now` never falls."""

    def __init__(self, cohorts: Mapping[str, CohortProgress], workers: int) -> None:
        self.cohorts, self.workers = dict(cohorts), workers
        models = {cohort.model for cohort in self.cohorts.values()}
        self.speeds = dict.fromkeys(models, RecentSpeed())  # by model
        self.measured = 0.0  # seconds of workers, of which the speeds are
        self.compiled: dict[str, float] = {}  # seconds until the first block was trained, by model; the last that were measured
        self.fill_workers(0.0)

    def on_work(self, label: str, work: float, known: float, now: float) -> None:
        """A cohort has done so much more work, and its trials are known to be so much."""
        cohort = self.cohorts[label]
        if cohort.begun is None:  # another one was thought to be on its worker
            other = next((key for key, each in self.cohorts.items() if each.begun is not None and each.reported is None and not each.ended), None)
            begun = now
            if other is not None:
                begun = self.cohorts[other].begun or 0.0
                self.cohorts[other] = replace(self.cohorts[other], begun=None)
            cohort = replace(cohort, begun=begun)
        if cohort.reported is None:
            self.compiled[cohort.model] = now - (cohort.begun or 0.0)
        else:
            self.measure(cohort, work, now)
        self.cohorts[label] = replace(cohort, done=cohort.done + work, known=max(cohort.known, known), reported=now)

    def on_end(self, label: str, now: float) -> None:
        """A cohort has ended: its worker begins the next one."""
        if self.cohorts[label].reported is not None:
            self.measure(self.cohorts[label], 0.0, now)
        self.cohorts[label] = replace(self.cohorts[label], ended=True)
        self.fill_workers(now)

    def measure(self, cohort: CohortProgress, work: float, now: float) -> None:
        """Add what a worker did since the cohort reported last."""
        seconds = now - (cohort.reported or 0.0)
        self.speeds[cohort.model] = self.speeds[cohort.model].add(work, seconds, now)
        self.measured += seconds

    def fill_workers(self, now: float) -> None:
        """Mark the next cohorts as begun, one on each worker that has none."""
        busy = sum(cohort.begun is not None and not cohort.ended for cohort in self.cohorts.values())
        waiting = [label for label, cohort in self.cohorts.items() if cohort.begun is None and not cohort.ended]
        for label in waiting[: max(self.workers - busy, 0)]:
            self.cohorts[label] = replace(self.cohorts[label], begun=now)

    def growth(self) -> float:
        """Return by what share of what they may the grids grow: as those of the ended cohorts did, and of one more with the usual growth."""
        ended = [cohort for cohort in self.cohorts.values() if cohort.ended and cohort.reported is not None]
        room = sum(cohort.most - cohort.fewest for cohort in ended)
        usual = sum(cohort.most - cohort.fewest for cohort in self.cohorts.values()) / len(self.cohorts)
        grown = sum(cohort.known - cohort.fewest for cohort in ended)
        return (grown + usual * EXPECTED_GROWTH) / (room + usual) if room + usual else 0.0

    def share(self) -> float:
        """Return the share of the expected work that is done."""
        growth = self.growth()
        total = sum(cohort.expected(growth) for cohort in self.cohorts.values())
        done = sum(min(cohort.done, cohort.expected(growth)) for cohort in self.cohorts.values())
        return done / total if total else 1.0

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until the last cohort ends; None as long as too little was measured to tell them."""
        if self.measured < ENOUGH or not any(speed.work for speed in self.speeds.values()):
            return None
        growth, per_work = self.growth(), self.seconds_per_work()
        unseen = min(self.compiled.values())  # the longest cohorts come first, so a model that has not come yet has a small program

        def seconds(cohort: CohortProgress) -> float:
            training = max(cohort.expected(growth) - cohort.done, 0.0) * per_work[cohort.model]
            if cohort.reported is not None:
                return training
            return training + max(self.compiled.get(cohort.model, unseen) - (now - cohort.begun if cohort.begun is not None else 0.0), 0.0)

        left = [cohort for cohort in self.cohorts.values() if not cohort.ended]
        running = [seconds(cohort) for cohort in left if cohort.begun is not None]
        return shared_out(running, [seconds(cohort) for cohort in left if cohort.begun is None], self.workers)

    def seconds_per_work(self) -> dict[str, float]:
        """Return the seconds of a worker for a unit of work of each model: by its own recent speed, and where little is known of it by that of all."""
        newest = max(speed.at for speed in self.speeds.values())
        recent = {model: speed.faded(newest) for model, speed in self.speeds.items()}
        overall = sum(speed.work for speed in recent.values()) / sum(speed.seconds for speed in recent.values())
        return {model: (speed.seconds + OWN_WEIGHT) / (speed.work + OWN_WEIGHT * overall) for model, speed in recent.items()}


def shared_out(running: Sequence[float], waiting: Sequence[float], workers: int) -> float:
    """Return when the last worker ends, with these seconds left of what runs, and each that waits begun by the first worker that is free."""
    free_at = [*running, *[0.0] * (workers - len(running))]
    heapify(free_at)
    for seconds in waiting:
        heapreplace(free_at, free_at[0] + seconds)
    return max(free_at)
