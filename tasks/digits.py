"""Handwritten digits, pixel by pixel (the small form of sequential MNIST: Le et al. 2015), from scikit-learn's data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.recorded import SPLITS, RecordedTask, Split, split_indices
from unvanish.tasks.task import Sequences, StepDescription

SIDE = 8
LEVELS = 16  # a pixel is a count from 0 to 16


@dataclass(frozen=True)
class Digits(RecordedTask):
    """One of 1,797 images of 8 x 8 pixels, row by row, one pixel a step; then `lag` blank steps; the digit is asked for.

    permuted    the pixels in one fixed random order, the same for all images: neighbouring pixels are then far apart

    A pixel is scaled to [0, 1] by the number of its levels. The images of each digit are divided at random, 60 : 20 : 20; the
    data do not say who wrote them, so one writer's digits may be in several splits.
    """

    permuted: bool = False

    name: ClassVar[str] = "digits"
    summary: ClassVar[str] = "the digit of an image of 8 x 8 pixels, one pixel a step"
    asked_for: ClassVar[str] = "the digit in a picture"
    reference: ClassVar[str] = "Alpaydin & Kaynak 1998 (the data, from scikit-learn); Le et al. 2015 (pixel by pixel)"
    position: ClassVar[int] = 6
    source_rows: ClassVar[str] = "-"

    @property
    def length(self) -> int:
        return SIDE * SIDE + self.lag

    @property
    def input_size(self) -> int:
        return 1

    @property
    def output_size(self) -> int:
        return 10

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("pixel from 0 to 1",)

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"digit {digit}" for digit in range(10))

    @property
    def digest(self) -> str:
        images, digits = data()
        return hashlib.sha256(images.tobytes() + digits.tobytes()).hexdigest()

    @property
    def order(self) -> NDArray[np.intp]:
        """The pixel, by its number row by row, that is shown at each step: [SIDE * SIDE]."""
        pixels = np.arange(SIDE * SIDE)
        return np.random.Generator(np.random.PCG64(1)).permutation(pixels) if self.permuted else pixels

    def split_size(self, split: Split) -> int:
        return len(members(split))

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        images, digits = data()
        indices = members(split)[chosen]
        return Sequences(images[indices][:, self.order, None], digits[indices][:, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = str(sequences.targets[index, 0])
        words = []
        for step, (level,) in enumerate(sequences.inputs[index]):
            if step < SIDE * SIDE:
                row, column = divmod(int(self.order[step]), SIDE)
                word = f"row {row + 1}, column {column + 1}: {level:.2f} {'#' * round(8 * float(level))}"
            else:
                word = "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@cache
def data() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Images [image, pixel], from 0 to 1, and digits [image]."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return (loaded.data / LEVELS).astype(np.float32), loaded.target.astype(np.int32)


@cache
def members(split: Split) -> NDArray[np.intp]:
    """The numbers of the images in a split."""
    return split_indices(data()[1])[SPLITS.index(split)]


TASK = Digits
