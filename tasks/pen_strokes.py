"""Handwritten digits as the path of a pen (Alpaydin & Alimoglu 1998): eight points, one a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.recorded import SPLITS, RecordedTask, Split, split_indices
from unvanish.tasks.task import Sequences, StepDescription

SHA256 = "0c42d2c4bc8bbc5e9fa8a34660ad988d6f3cc54cf001e0bb428a02f4caa8a077"
STEPS = 8
HALF = 50  # a coordinate is a count from 0 to 100


@dataclass(frozen=True)
class PenStrokes(RecordedTask):
    """See where the pen was at eight moments while a digit was written, then `lag` blank steps; the digit is asked for.

    The points lie at equal distances along the path. A digit is scaled to a box from 0 to 100, and its coordinates here to [-1, 1]. The 10,992
    digits of 44 writers are divided at random within each digit, 60 : 20 : 20; the data do not say who wrote which, so one writer's digits may be
    in several splits.
    """

    name: ClassVar[str] = "pen_strokes"
    summary: ClassVar[str] = "handwriting: the digit that a pen wrote, from eight points of its path"
    asked_for: ClassVar[str] = "the digit that was written"
    reference: ClassVar[str] = "Alpaydin & Alimoglu 1998 (the data, UCI 81, CC BY 4.0)"
    position: ClassVar[int] = 12
    source_rows: ClassVar[str] = "S14"

    @property
    def length(self) -> int:
        return STEPS + self.lag

    @property
    def input_size(self) -> int:
        return 2

    @property
    def output_size(self) -> int:
        return 10

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("x from -1 to 1", "y from -1 to 1")

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(f"digit {digit}" for digit in range(10))

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(members(split))

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        points, digits = data()
        indices = members(split)[chosen]
        return Sequences(points[indices], digits[indices, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = str(sequences.targets[index, 0])
        words = []
        for step, (x, y) in enumerate(HALF * (sequences.inputs[index] + 1)):
            word = f"x {x:.0f}, y {y:.0f}" if step < STEPS else "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@cache
def data() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Points [digit, step, 2], from -1 to 1, and digits [digit]."""
    arrays = read_arrays("pen_strokes.npz", SHA256)
    return (arrays["points"] / HALF - 1).astype(np.float32), arrays["digits"].astype(np.int32)


@cache
def members(split: Split) -> NDArray[np.intp]:
    """The numbers of the digits in a split."""
    return split_indices(data()[1])[SPLITS.index(split)]


TASK = PenStrokes
