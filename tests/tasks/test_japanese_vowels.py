import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.golden.numbers import NO_FACTS
from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.japanese_vowels import SHA256, JapaneseVowels
from unvanish.tasks.recorded import SPLITS

TASK = JapaneseVowels(5, facts=NO_FACTS)


def whole(split, task=TASK):
    return task.with_blanks(split, np.arange(task.split_size(split)))


def test_the_test_split_is_the_official_one_and_the_others_are_cut_from_the_official_training_part():
    """UCI 128: 30 utterances of each speaker to train on; 31, 35, 88, 44, 29, 24, 40, 50 and 29 to test."""
    assert np.bincount(whole("test").targets[:, 0]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert np.bincount(whole("training").targets[:, 0]).tolist() == [24] * 9 and np.bincount(whole("validation").targets[:, 0]).tolist() == [6] * 9


def test_an_utterance_ends_where_the_lag_begins_and_blanks_are_before_it():
    for split in SPLITS:
        inputs = whole(split).inputs
        assert inputs.shape[1:] == (29 + 5, 12) and not inputs[:, 29:].any() and inputs[:, 28].any(axis=-1).all()
        steps = inputs[:, :29].any(axis=-1)
        assert (np.diff(steps.astype(int), axis=1) >= 0).all() and steps.sum(axis=1).min() >= 7
    assert max(whole(split).inputs.any(axis=-1).sum(axis=1).max() for split in SPLITS) == 29


def test_coefficients_are_scaled_by_the_steps_of_the_training_split_alone():
    inputs = whole("training").inputs
    steps = inputs[inputs.any(axis=-1)]
    assert np.allclose(steps.mean(axis=0), 0, atol=1e-5) and np.allclose(steps.std(axis=0), 1, atol=1e-5)


def test_simple_predictors_reach_what_was_measured_on_the_official_parts():
    """Logistic regression on the padded utterances, .981, and on what has no order, their means and deviations, .976; both on all 270."""
    arrays = read_arrays("japanese_vowels.npz", SHA256)
    padded, unordered = {}, {}
    for part in ("train", "test"):
        utterances = np.split(arrays[f"{part}_coefficients"] / 1000, np.cumsum(arrays[f"{part}_lengths"])[:-1])
        padded[part] = np.stack([np.pad(each, ((29 - len(each), 0), (0, 0))).ravel() for each in utterances])
        unordered[part] = np.stack([np.concatenate([each.mean(axis=0), each.std(axis=0)]) for each in utterances])

    def accuracy(features):
        scaler = StandardScaler()
        fitted = LogisticRegression(max_iter=2000).fit(scaler.fit_transform(features["train"]), arrays["train_speakers"])
        return fitted.score(scaler.transform(features["test"]), arrays["test_speakers"])

    assert accuracy(padded) == pytest.approx(0.981, abs=0.0015)
    assert accuracy(unordered) == pytest.approx(0.976, abs=0.015)
