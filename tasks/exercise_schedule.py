"""Predict today's exercise from yesterday's, although days at the gym are missed (the source document, S3 to S6)."""

from dataclasses import dataclass
from math import gcd
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError
from unvanish.tasks.log_encoding import Column, LogEncoding
from unvanish.tasks.task import Sequences, StepDescription, Task, one_hot

EXERCISES = ("shoulders", "biceps", "cardio", "legs", "back", "core")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEALTH = ("well", "tired", "ill")

P_HEALTH = np.array([0.7, 0.2, 0.1])
P_MISSED_GIVEN_HEALTH = np.array([0.1, 0.4, 0.9])
HISTORY_DAYS = 7
FIRST_DAY, LAST_DAY = np.datetime64("2020-01-01"), np.datetime64("2029-12-31")


@dataclass(frozen=True)
class ExerciseSchedule(Task):
    """A trainer repeats `exercises` exercises in a fixed order; the rotation waits on days that are missed.

    One day a step. A sequence is a week in which some days are missed, more of them when health is poor, and whose last
    day is attended; then `lag` missed days; then an attended day, whose exercise is asked for. Inputs of a day:
    yesterday's exercise one-hot (zeros if yesterday was missed), then day of the week, month and health of the day
    itself, each one-hot.

    The rotation starts anywhere, and its length shares no factor with 7, so the calendar says nothing about it: the best
    predictor from calendar and health alone is right once in `exercises` times. The best predictor that also sees
    yesterday is no better, since yesterday was missed. Who remembers the last attended day (the oracle) is always right.
    """

    exercises: int = 5

    name: ClassVar[str] = "exercise_schedule"
    summary: ClassVar[str] = "today's exercise in a trainer's rotation, after missed days"
    reference: ClassVar[str] = "the source document, S3 to S6"
    position: ClassVar[int] = 5
    default_lag: ClassVar[int] = 2
    source_rows: ClassVar[str] = "S3, S4, S5, S6"
    oracle_accuracy: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("exercises", 2, len(EXERCISES))
        if gcd(self.exercises, 7) != 1:
            raise UsageError(f"exercises of {self.name} is {self.exercises}; it must share no factor with the 7 days of the week")

    @property
    def length(self) -> int:
        return HISTORY_DAYS + self.lag + 1

    @property
    def input_size(self) -> int:
        return self.exercises + self.calendar_size

    @property
    def calendar_size(self) -> int:
        """The number of inputs, the last ones, that are day of the week, month and health."""
        return len(WEEKDAYS) + len(MONTHS) + len(HEALTH)

    @property
    def feature_groups(self) -> dict[str, slice]:
        return {"yesterday": slice(0, self.exercises), "calendar": slice(self.exercises, self.input_size)}

    @property
    def log_encoding(self) -> LogEncoding:
        """A log with a row a day: day, month, health, and the exercise, which is empty on a missed day."""
        exercise = Column("exercise", self.output_names)
        calendar = (Column("day", WEEKDAYS), Column("month", MONTHS), Column("health", HEALTH))
        return LogEncoding((exercise,), calendar, exercise, steps=self.length, row_before=False, marked=False)

    @property
    def output_size(self) -> int:
        return self.exercises

    @property
    def input_names(self) -> tuple[str, ...]:
        groups = {"yesterday": self.output_names, "weekday": WEEKDAYS, "month": MONTHS, "health": HEALTH}
        return tuple(f"{group} {name}" for group, names in groups.items() for name in names)

    @property
    def output_names(self) -> tuple[str, ...]:
        return EXERCISES[: self.exercises]

    @property
    def information_distance(self) -> int:
        return self.lag  # the day after the last attended one is the first to see what was done on it

    @property
    def baseline_loss(self) -> float:
        return float(np.log(self.exercises))

    @property
    def baseline_metric(self) -> float:
        return 1 / self.exercises

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        attended, health = self.draw_attendance(random, count)
        phase = random.integers(self.exercises, size=(count, 1))
        # The rotation waits: a day's exercise depends on how many days were attended before it.
        exercise = (phase + attended.cumsum(axis=1) - attended) % self.exercises
        done = one_hot(exercise, self.exercises) * attended[..., None]
        yesterday = np.concatenate([np.zeros_like(done[:, :1]), done[:, :-1]], axis=1)
        weekday, month = self.draw_calendar(random, count)
        inputs = np.concatenate([yesterday, one_hot(weekday, len(WEEKDAYS)), one_hot(month, len(MONTHS)), one_hot(health, len(HEALTH))], axis=-1)
        return Sequences(inputs.astype(np.float32), exercise[:, -1:].astype(np.int32))

    def draw_attendance(self, random: np.random.Generator, count: int) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Who came, and how they felt: [sequence, day] each; health follows attendance by Bayes' rule."""
        p_missed = float(P_HEALTH @ P_MISSED_GIVEN_HEALTH)
        attended = random.random((count, self.length)) >= p_missed
        attended[:, HISTORY_DAYS - 1] = True
        attended[:, HISTORY_DAYS:-1] = False
        attended[:, -1] = True
        health_if_missed = np.cumsum(P_HEALTH * P_MISSED_GIVEN_HEALTH / p_missed)[:-1]
        health_if_attended = np.cumsum(P_HEALTH * (1 - P_MISSED_GIVEN_HEALTH) / (1 - p_missed))[:-1]
        level = random.random((count, self.length))
        health = np.where(attended, np.searchsorted(health_if_attended, level), np.searchsorted(health_if_missed, level))
        return attended, health

    def draw_calendar(self, random: np.random.Generator, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Day of the week (Monday is 0) and month (January is 0) of consecutive days: [sequence, day] each."""
        days = (LAST_DAY - FIRST_DAY).astype(int)
        dates = FIRST_DAY + random.integers(days, size=(count, 1)) + np.arange(self.length)
        weekday = (dates.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
        return weekday, dates.astype("datetime64[M]").astype(int) % 12

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        parts = np.split(sequences.inputs[index], np.cumsum([self.exercises, len(WEEKDAYS), len(MONTHS)]), axis=-1)
        answer = EXERCISES[int(sequences.targets[index, 0])]
        steps = []
        for step, (yesterday, weekday, month, health) in enumerate(zip(*parts, strict=True)):
            done = EXERCISES[yesterday.argmax()] if yesterday.any() else "nothing"
            today = f"{WEEKDAYS[weekday.argmax()]} in {MONTHS[month.argmax()]}, feels {HEALTH[health.argmax()]}"
            steps.append(StepDescription(f"yesterday: {done:<9}  today: {today}", answer if step == self.length - 1 else "", step in self.scored_steps))
        return steps


TASK = ExerciseSchedule
