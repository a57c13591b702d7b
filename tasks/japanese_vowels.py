"""Japanese vowels (Kudo, Toyama & Shimbo 1999): who of nine speakers says "ae"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.published import Published
from unvanish.tasks.recorded import RecordedTask, Split
from unvanish.tasks.task import Sequences, StepDescription

SHA256 = "4ee3266976969483185b418bd304137a739156ecb84a8e460c12655740e94eb3"
SPEAKERS = 9
COEFFICIENTS = 12
STEPS = 29  # of the longest utterance; the shortest has 7
VALIDATION = 5  # one of so many utterances of each speaker in the official training part


@dataclass(frozen=True)
class JapaneseVowels(RecordedTask):
    """Hear an utterance of 7 to 29 steps of 12 cepstral coefficients, then `lag` blank steps; the speaker is asked for.

    A shorter utterance is filled up in front, so that the lag is the time since its end. The test split is the official one, 370 utterances. Of the
    270 official ones to train on, 30 of each speaker, every fifth is the validation split and the others are the training split. Each coefficient has
    mean 0 and standard deviation 1 over the steps of the training split, and is 0 at a blank step.
    """

    name: ClassVar[str] = "japanese_vowels"
    summary: ClassVar[str] = "speech: which of nine persons says two vowels"
    asked_for: ClassVar[str] = "the speaker"
    reference: ClassVar[str] = "Kudo, Toyama & Shimbo 1999 (the data, UCI 128, CC BY 4.0)"
    position: ClassVar[int] = 11
    source_rows: ClassVar[str] = "S14"
    published: ClassVar[tuple[Published, ...]] = (
        Published(0.962, "accuracy", "a hidden Markov model of five states", "Kudo, Toyama & Shimbo 1999", "trained on all 270 utterances"),
        Published(0.941, "accuracy", "classification by regions that the curves pass", "Kudo, Toyama & Shimbo 1999", "trained on all 270 utterances"),
    )

    @property
    def length(self) -> int:
        return STEPS + self.lag

    @property
    def input_size(self) -> int:
        return COEFFICIENTS

    @property
    def output_size(self) -> int:
        return SPEAKERS

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"coefficient {number + 1}" for number in range(COEFFICIENTS))

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"speaker {number + 1}" for number in range(SPEAKERS))

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(utterances()[split].targets)

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        of_split = utterances()[split]
        return Sequences(of_split.inputs[chosen], of_split.targets[chosen])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = f"speaker {sequences.targets[index, 0] + 1}"
        words = []
        for step, values in enumerate(sequences.inputs[index]):
            word = " ".join(f"{value:4.1f}" for value in values) if values.any() else "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@cache
def utterances() -> dict[Split, Sequences]:
    """All utterances of each split, filled up in front: inputs [utterance, STEPS, COEFFICIENTS]."""
    arrays = read_arrays("japanese_vowels.npz", SHA256)
    official = np.arange(len(arrays["train_lengths"]))
    steps = {part: np.split(arrays[f"{part}_coefficients"] / 1000, np.cumsum(arrays[f"{part}_lengths"])[:-1]) for part in ("train", "test")}
    chosen: dict[Split, tuple[str, NDArray[np.intp]]] = {
        "training": ("train", official[official % VALIDATION != VALIDATION - 1]),
        "validation": ("train", official[official % VALIDATION == VALIDATION - 1]),
        "test": ("test", np.arange(len(arrays["test_lengths"]))),
    }
    trained_on = np.concatenate([steps["train"][index] for index in chosen["training"][1]])
    mean, scale = trained_on.mean(axis=0), trained_on.std(axis=0)
    found: dict[Split, Sequences] = {}
    for split, (part, indices) in chosen.items():
        inputs = np.zeros((len(indices), STEPS, COEFFICIENTS), np.float32)
        for row, index in zip(inputs, indices, strict=True):
            row[STEPS - len(steps[part][index]) :] = (steps[part][index] - mean) / scale
        found[split] = Sequences(inputs, arrays[f"{part}_speakers"][indices, None].astype(np.int32))
    return found


TASK = JapaneseVowels
