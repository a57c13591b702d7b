"""Cohorts that a worker has begun and of which nothing is heard: when that is told, and when they are given up."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from time import monotonic

FIRST_NOTICE = 60.0  # seconds without progress, after which it is told; then after twice as long, and so on


@dataclass(frozen=True)
class Running:
    """A cohort that a worker, by its address, trains: when it last made progress, and after how many seconds without any that is told next."""

    worker: str
    progressed: float
    next_notice: float


class StallWatch:
    """The cohorts that are running, by their keys.

    limit   seconds without progress after which a cohort is given up; None for no limit
    now     the time in seconds
    """

    def __init__(self, limit: float | None = None, now: Callable[[], float] = monotonic) -> None:
        self.limit, self.now = limit, now
        self.running: dict[str, Running] = {}

    def progress(self, key: str, worker: str) -> None:
        """A worker has begun a cohort, or trained a block of it."""
        self.running[key] = Running(worker, self.now(), FIRST_NOTICE)

    def ended(self, key: str) -> None:
        """A cohort has ended, or is no longer waited for."""
        self.running.pop(key, None)

    def left(self, present: Collection[str]) -> None:
        """Only these workers are there; what others trained waits for a worker again."""
        self.running = {key: cohort for key, cohort in self.running.items() if cohort.worker in present}

    def seconds(self, key: str) -> float:
        """Return for how long a cohort has made no progress."""
        return self.now() - self.running[key].progressed

    def notice(self) -> str | None:
        """Return the key of a cohort of which it is to be told now that it makes no progress; None where there is none."""
        for key, cohort in self.running.items():
            if self.seconds(key) >= cohort.next_notice:
                self.running[key] = replace(cohort, next_notice=2 * cohort.next_notice)
                return key
        return None

    def overdue(self) -> str | None:
        """Return the key of a cohort that has made no progress for longer than the limit; None where there is none."""
        return next((key for key in self.running if self.limit is not None and self.seconds(key) > self.limit), None)
