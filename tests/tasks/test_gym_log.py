"""The gym log that ships is the one that its generator makes, and is what the generator says."""

import numpy as np
import pandas as pd
import pytest

from unvanish.tasks import gym_log
from unvanish.tasks.exercise_schedule import EXERCISES, P_HEALTH, P_MISSED_GIVEN_HEALTH


@pytest.fixture(scope="module")
def log():
    return pd.read_csv(gym_log.PATH, keep_default_na=False)


def test_the_file_is_what_the_generator_makes():
    assert gym_log.PATH.read_text() == gym_log.as_csv()


def test_it_has_the_columns_of_the_document_and_the_days_of_a_year(log):
    assert tuple(log) == ("day", "month", "health", "exercise", "missed")
    dates = pd.date_range("2025-01-01", "2025-12-31")
    assert list(log.day) == list(dates.strftime("%a")) and list(log.month) == list(dates.strftime("%b"))


def test_the_rotation_waits_on_missed_days(log):
    attended = log[log.missed == "no"].exercise
    numbers = attended.map(EXERCISES.index).to_numpy()
    assert (np.diff(numbers) % gym_log.N_EXERCISES == 1).all()
    assert (log[log.missed == "yes"].exercise == "").all()


def test_health_and_missed_days_are_as_frequent_as_they_are_drawn(log):
    """365 days of a chain that keeps its state with 0.6 are worth a quarter of as many independent ones: four standard errors of those."""
    shares = log.health.value_counts(normalize=True)[["well", "tired", "ill"]].to_numpy()
    assert np.abs(shares - P_HEALTH).max() < 4 * np.sqrt(0.21 / (365 / 4))
    for health, probability in zip(("well", "tired", "ill"), P_MISSED_GIVEN_HEALTH, strict=True):
        of_health = log[log.health == health].missed == "yes"
        assert of_health.mean() == pytest.approx(probability, abs=4 * np.sqrt(probability * (1 - probability) / len(of_health)))
