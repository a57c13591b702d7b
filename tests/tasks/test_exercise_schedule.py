import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder

from unvanish.tasks.errors import UsageError
from unvanish.tasks.exercise_schedule import EXERCISES, HISTORY_DAYS, P_HEALTH, P_MISSED_GIVEN_HEALTH, ExerciseSchedule
from unvanish.tasks.seeding import generator

TASK = ExerciseSchedule(lag=4)
N = 8000
TOLERANCE = 4 * np.sqrt(0.2 * 0.8 / (N / 2))  # four standard errors of an accuracy of 1/5


def split(features, targets):
    half = N // 2
    return features[:half], targets[:half], features[half:], targets[half:]


@pytest.fixture(scope="module")
def drawn():
    return TASK.draw(generator("test", 3), N)


@pytest.mark.parametrize("predictor", [LogisticRegression(max_iter=300), MLPClassifier((16,), max_iter=60, random_state=0)], ids=["linear", "mlp"])
def test_calendar_and_health_alone_predict_no_better_than_the_baseline(drawn, predictor):
    """The source document's own feed-forward network (S3)."""
    train, wanted, test, answer = split(drawn.inputs[:, -1, -TASK.calendar_size :], drawn.targets[:, 0])
    accuracy = accuracy_score(answer, predictor.fit(train, wanted).predict(test))
    assert accuracy == pytest.approx(TASK.baseline_metric, abs=TOLERANCE)


def test_yesterday_alone_is_no_better_after_a_missed_day(drawn):
    train, wanted, test, answer = split(drawn.inputs[:, -1], drawn.targets[:, 0])
    assert not drawn.inputs[:, -1, : TASK.exercises].any()
    assert accuracy_score(answer, LogisticRegression(max_iter=300).fit(train, wanted).predict(test)) == pytest.approx(0.2, abs=TOLERANCE)


def test_who_remembers_the_last_attended_day_is_always_right(drawn):
    train, wanted, test, answer = split(drawn.inputs[:, -1 - TASK.information_distance, : TASK.exercises], drawn.targets[:, 0])
    assert accuracy_score(answer, LogisticRegression().fit(train, wanted).predict(test)) == TASK.oracle_accuracy == 1


def test_the_rotation_waits_on_missed_days(drawn):
    """From one attended day to the next, whatever lies between, the exercise moves on by one."""
    done = drawn.inputs[..., : TASK.exercises]
    for sequence, target in zip(done, drawn.targets[:, 0], strict=True):
        exercises = [int(day.argmax()) for day in sequence if day.any()] + [int(target)]
        assert np.array_equal(np.diff(exercises) % TASK.exercises, np.ones(len(exercises) - 1))


def test_the_last_day_of_the_week_is_attended_and_then_a_gap_of_lag_days(drawn):
    attended = drawn.inputs[..., : TASK.exercises].any(-1)  # of the day before each step
    assert attended[:, HISTORY_DAYS].all()
    assert not attended[:, HISTORY_DAYS + 1 :].any()
    assert attended.shape[1] - 1 - HISTORY_DAYS == TASK.lag


def test_days_follow_each_other_in_the_real_calendar(drawn):
    calendar = drawn.inputs[..., TASK.exercises :]
    weekday, month = calendar[..., :7].argmax(-1), calendar[..., 7:19].argmax(-1)
    assert (np.diff(weekday, axis=1) % 7 == 1).all()
    assert np.isin(np.diff(month, axis=1) % 12, [0, 1]).all()
    assert np.bincount(month.ravel(), minlength=12)[1] < np.bincount(month.ravel(), minlength=12)[0]  # February is short


def test_health_follows_attendance_by_bayes_rule(drawn):
    attended = drawn.inputs[:, 1:, : TASK.exercises].any(-1)
    health = drawn.inputs[:, :-1, -3:].argmax(-1)
    for came, likelihood in ((True, 1 - P_MISSED_GIVEN_HEALTH), (False, P_MISSED_GIVEN_HEALTH)):
        expected = P_HEALTH * likelihood / (P_HEALTH @ likelihood)
        measured = np.bincount(health[attended == came], minlength=3) / (attended == came).sum()
        assert np.abs(measured - expected).max() < 0.02


def test_the_vectors_are_those_of_scikit_learns_encoder(drawn):
    """S6: the exercise done is a 1, the others 0, and nothing is all zeros."""
    words = [step.input.split()[1] for step in TASK.describe_steps(drawn, 0)]
    encoder = OneHotEncoder(categories=[list(EXERCISES[: TASK.exercises])], handle_unknown="ignore", sparse_output=False)
    assert np.array_equal(encoder.fit_transform(np.array(words)[:, None]), drawn.inputs[0, :, : TASK.exercises])


@pytest.mark.parametrize("exercises", [0, 1, 7, 14])
def test_a_rotation_that_repeats_with_the_week_or_is_none_is_refused(exercises):
    with pytest.raises(UsageError):
        ExerciseSchedule(lag=1, exercises=exercises)
