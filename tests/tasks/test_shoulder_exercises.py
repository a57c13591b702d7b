"""The recordings are read without running what a pickle names; what they are is held against NumPy's own reader."""

import io
import os
import pickle

import numpy as np
import pytest

from unvanish.tasks import shoulder_exercises
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import SPLITS
from unvanish.tasks.shoulder_exercises import ArraysOnly, ShoulderExercises, data_file, load, windows

installed = pytest.mark.skipif(ShoulderExercises.not_installed() is not None, reason=str(ShoulderExercises.not_installed()))


class Runs:
    """Its pickle runs a command when it is read."""

    def __reduce__(self):
        return os.system, ("echo read",)


@pytest.mark.parametrize("thing", [Runs(), {"X": [Runs()]}, np.array(Runs(), dtype=object)])
def test_a_pickle_that_names_a_function_is_refused(thing, capfd):
    with pytest.raises(pickle.UnpicklingError, match="is no part of an array"):
        ArraysOnly(io.BytesIO(pickle.dumps(thing))).load()
    assert capfd.readouterr().out == ""


def test_another_file_is_not_read_at_all(tmp_path, capfd):
    np.save(tmp_path / "other.npy", np.array(Runs(), dtype=object))
    with pytest.raises(UsageError, match=r"other\.npy are not those of seglearn 1\.2\.5"):
        load(tmp_path / "other.npy")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.npy")
    assert capfd.readouterr().out == ""


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    def nowhere(name):
        raise shoulder_exercises.PackageNotFoundError(name)

    monkeypatch.setattr(shoulder_exercises, "distribution", nowhere)
    assert "pip install --no-deps seglearn" in ShoulderExercises.not_installed()
    from unvanish.suite.experiment.profile import make_task

    with pytest.raises(UsageError, match="needs the data of the package seglearn"):
        make_task("shoulder_exercises", 0)


@installed
def test_the_recordings_are_those_of_numpys_own_reader():
    """Which runs what a pickle names, and may be asked here since the file is known by its checksum."""
    read, expected = load(data_file()), np.load(data_file(), allow_pickle=True).item()
    assert len(read["X"]) == 140 and all(np.array_equal(a, b) for a, b in zip(read["X"], expected["X"], strict=True))
    assert np.array_equal(read["y"], expected["y"]) and np.array_equal(read["subject"], expected["subject"])
    assert expected["y_labels"] == ["PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW"] and len(shoulder_exercises.EXERCISES) == 7


@installed
def test_no_subject_is_in_two_splits_and_windows_are_means_of_two_samples_scaled_by_the_training_split():
    recorded = np.load(data_file(), allow_pickle=True).item()
    expected = {split: [] for split in SPLITS}
    for samples, exercise, subject in zip(recorded["X"], recorded["y"], recorded["subject"], strict=True):
        split = "training" if subject <= 6 else "validation" if subject <= 8 else "test"
        for start in range(0, len(samples) - 199, 200):
            expected[split].append(((samples[start : start + 200 : 2] + samples[start + 1 : start + 200 : 2]) / 2, exercise))
    training = np.concatenate([window for window, _ in expected["training"]])
    for split in SPLITS:
        made = np.stack([(window - training.mean(axis=0)) / training.std(axis=0) for window, _ in expected[split]])
        np.testing.assert_allclose(windows()[split].inputs, made, atol=1e-5)
        assert windows()[split].targets[:, 0].tolist() == [exercise for _, exercise in expected[split]]
