"""The exercise schedule with days missed in a row, as a few sequences small enough to print.

The rules are those of `unvanish.tasks.exercise_schedule`: one day a step, the input is yesterday's exercise (nothing if yesterday was missed),
the rotation waits on missed days. Calendar and health are left out, since they say nothing about the exercise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.explain.network import Array
from unvanish.tasks.exercise_schedule import EXERCISES

ROTATION = EXERCISES[:3]
BEFORE_THE_GAP = 2  # attended days that the sequence begins with; the last of them is what must be remembered


@dataclass(frozen=True)
class Schedule:
    """Every rotation of the exercises, one sequence each.

    lag       days missed in a row before the last day
    attended  bool [time]
    x         yesterday's exercise, one-hot, zeros if yesterday was missed [time, sequence, exercise]
    actual    the exercise that is due, one-hot [time, sequence, exercise]
    """

    lag: int
    attended: np.ndarray
    x: Array
    actual: Array

    @property
    def length(self) -> int:
        return len(self.x)

    @property
    def information_step(self) -> int:
        """The step whose input is the last exercise done; the last step is `lag` later."""
        return BEFORE_THE_GAP

    def only(self, rotation: int) -> Schedule:
        """Return the one sequence of this rotation; axes as before."""
        return Schedule(self.lag, self.attended, self.x[:, [rotation]], self.actual[:, [rotation]])


def schedule(lag: int) -> Schedule:
    """Return the sequences of a gap of `lag` days: yesterday's exercise is known on days 0, 1 and 2, and on none of the later ones."""
    attended = np.array([True] * (1 + BEFORE_THE_GAP) + [False] * lag + [True])  # with the day before day 0
    phase = np.arange(len(ROTATION))[:, None]
    exercise = (phase + attended.cumsum() - attended) % len(ROTATION)  # [sequence, day]
    one_hot = np.eye(len(ROTATION))
    done = one_hot[exercise] * attended[:, None]
    return Schedule(lag, attended[1:], done[:, :-1].transpose(1, 0, 2), one_hot[exercise[:, 1:]].transpose(1, 0, 2))
