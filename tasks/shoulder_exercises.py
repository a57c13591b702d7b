"""Shoulder exercises seen by a watch on the wrist (Burns et al. 2018), from the data of the package seglearn."""

from __future__ import annotations

import hashlib
import io
import pickle
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import RecordedTask, Split
from unvanish.tasks.task import Sequences, StepDescription

EXERCISES = ("pendulum", "abduction", "forward elevation", "internal rotation", "external rotation", "trapezius extension", "upright row")
CHANNELS = ("acceleration x", "acceleration y", "acceleration z", "rotation x", "rotation y", "rotation z")
SUBJECTS: dict[Split, range] = {"training": range(1, 7), "validation": range(7, 9), "test": range(9, 11)}  # the numbers the data give them
STEPS = 100  # of a window: 4 s
AVERAGED = 2  # recorded samples in a step, of 50 a second
DATA_FILE = "seglearn/data/watch_dataset.npy"
SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"  # of that file in seglearn 1.2.5
# What a pickled array of numbers is made of; anything else that a pickle names could be code.
ADMITTED = {("_codecs", "encode"), ("numpy", "dtype"), ("numpy", "ndarray"), ("numpy.core.multiarray", "_reconstruct")}


@dataclass(frozen=True)
class ShoulderExercises(RecordedTask):
    """Classify which of seven exercises a window of 4 s shows: 100 steps of 1/25 s, then `lag` blank steps; the exercise is asked for.

    Ten subjects made some 20 repetitions of each exercise on each side, recorded with 50 samples a second of acceleration and of
    rotation in three directions. A step is the mean of two samples; windows do not overlap. Subjects 1 to 6 are the training
    split, 7 and 8 the validation split, 9 and 10 the test split: what is measured is how well an unknown person's exercise is
    told. The windows of one person resemble each other, so an interval over windows says nothing about other persons. Each
    channel has mean 0 and standard deviation 1 over the training split.
    """

    name: ClassVar[str] = "shoulder_exercises"
    summary: ClassVar[str] = "which of seven exercises a watch on the wrist recorded, for persons not trained on"
    asked_for: ClassVar[str] = "the exercise of a shoulder"
    reference: ClassVar[str] = "Burns et al. 2018 (the data, from the package seglearn)"
    position: ClassVar[int] = 7
    source_rows: ClassVar[str] = "-"

    @property
    def length(self) -> int:
        return STEPS + self.lag

    @property
    def input_size(self) -> int:
        return len(CHANNELS)

    @property
    def output_size(self) -> int:
        return len(EXERCISES)

    @property
    def input_names(self) -> tuple[str, ...]:
        return CHANNELS

    @property
    def output_names(self) -> tuple[str, ...]:
        return EXERCISES

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(windows()[split].targets)

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        window_split = windows()[split]
        return Sequences(window_split.inputs[chosen], window_split.targets[chosen])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = EXERCISES[int(sequences.targets[index, 0])]
        words = []
        for step, values in enumerate(sequences.inputs[index]):
            word = f"{step / 25:.2f} s: " + " ".join(f"{value:5.1f}" for value in values) if step < STEPS else "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words

    @classmethod
    def not_installed(cls) -> str | None:
        try:
            data_file()
        except UsageError as error:
            return str(error)
        return None


class ArraysOnly(pickle.Unpickler):
    """Unpickle plain containers, text and arrays of numbers, and refuse anything else that a pickle could call."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the four names that make an array; raises `pickle.UnpicklingError` for any other."""
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def data_file() -> Path:
    """Return the path of the package's data, without importing it; raise `UsageError` where it is not installed."""
    try:
        return Path(str(distribution("seglearn").locate_file(DATA_FILE)))
    except PackageNotFoundError:
        raise UsageError(
            "the task shoulder_exercises needs the data of the package seglearn, which is not installed; "
            "install it with: .venv/bin/pip install --no-deps seglearn==1.2.5, or leave the task out"
        ) from None


def load(path: Path) -> dict[str, Any]:
    """The recordings of the file that SHA256 names; raises `UsageError` for any other file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the data {path} of seglearn cannot be read ({error.strerror}); install it again: pip install --no-deps seglearn==1.2.5") from None
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UsageError(f"the data {path} are not those of seglearn 1.2.5; install it again: pip install --no-deps seglearn==1.2.5")
    file = io.BytesIO(content)
    np.lib.format.read_magic(file)
    np.lib.format.read_array_header_1_0(file)
    return ArraysOnly(file).load().item()


@cache
def windows() -> dict[Split, Sequences]:
    """All windows of each split."""
    recorded = load(data_file())
    found = {}
    for split, subjects in SUBJECTS.items():
        inputs, targets = [], []
        for samples, exercise, subject in zip(recorded["X"], recorded["y"], recorded["subject"], strict=True):
            if subject in subjects:
                count = len(samples) // (STEPS * AVERAGED)
                inputs.append(samples[: count * STEPS * AVERAGED].reshape(count, STEPS, AVERAGED, len(CHANNELS)).mean(axis=2))
                targets.append(np.full((count, 1), exercise, np.int32))
        found[split] = Sequences(np.concatenate(inputs), np.concatenate(targets))
    mean, scale = (function(found["training"].inputs, axis=(0, 1)) for function in (np.mean, np.std))
    return {split: Sequences(((of.inputs - mean) / scale).astype(np.float32), of.targets) for split, of in found.items()}


TASK = ShoulderExercises
