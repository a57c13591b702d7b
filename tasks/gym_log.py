"""The gym log that ships as an example: a year of a person who follows a trainer's rotation and misses days.

`data/gym_log.csv` is written by `python -m unvanish.tasks.gym_log`.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from unvanish.tasks.exercise_schedule import EXERCISES, HEALTH, MONTHS, P_HEALTH, P_MISSED_GIVEN_HEALTH, WEEKDAYS

PATH = Path(__file__).parent / "data" / "gym_log.csv"
COLUMNS = ("day", "month", "health", "exercise", "missed")
FIRST_DAY, DAYS = np.datetime64("2025-01-01"), 365
N_EXERCISES = 5
P_SAME_HEALTH = 0.6  # from one day to the next; otherwise it is drawn anew


def rows() -> list[tuple[str, ...]]:
    """The 365 days of 2025, in the order of `COLUMNS`; the exercise is empty on a missed day.

    Health is a Markov chain whose stationary distribution is `P_HEALTH`, so that a person is ill for some days in a row, and a
    day is missed with the probability `P_MISSED_GIVEN_HEALTH`. The exercises follow each other in a fixed order, which waits on
    missed days.
    """
    random = np.random.Generator(np.random.PCG64(2025))
    log: list[tuple[str, ...]] = []
    attended = 0
    health = random.choice(len(HEALTH), p=P_HEALTH)
    for date in FIRST_DAY + np.arange(DAYS):
        if random.random() >= P_SAME_HEALTH:
            health = random.choice(len(HEALTH), p=P_HEALTH)
        missed = random.random() < P_MISSED_GIVEN_HEALTH[health]
        weekday = (date.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
        month = date.astype("datetime64[M]").astype(int) % 12
        log.append((WEEKDAYS[weekday], MONTHS[month], HEALTH[health], "" if missed else EXERCISES[attended % N_EXERCISES], "yes" if missed else "no"))
        attended += not missed
    return log


def as_csv() -> str:
    """The content of the file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows()])
    return text.getvalue()


if __name__ == "__main__":
    PATH.write_text(as_csv(), encoding="utf-8")
