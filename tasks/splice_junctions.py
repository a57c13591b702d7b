"""Splice junctions of primate DNA (Noordewier, Towell & Shavlik 1991): which of two boundaries lies in the middle of 60 letters, or none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.published import Published
from unvanish.tasks.recorded import SPLITS, RecordedTask, Split, split_indices
from unvanish.tasks.task import Sequences, StepDescription

SHA256 = "bf2f8e7d8ee99f51a384491f6109b7f506a9115c758dedfc17957fef96a13a42"
CLASSES = ("exon to intron", "intron to exon", "neither")
BASES = "ACGT"
LETTERS = {"A": "A", "C": "C", "G": "G", "T": "T", "D": "AGT", "N": "ACGT", "R": "AG", "S": "CG"}  # by their numbers in the file; the last four are ambiguous
STEPS = 60


@dataclass(frozen=True)
class SpliceJunctions(RecordedTask):
    """Read 60 letters of DNA, one a step, then `lag` blank steps; whether a junction lies in the middle is asked for, and which.

    A donor site is a boundary from exon to intron, an acceptor site one from intron to exon; what tells them stands around the thirtieth letter,
    so a model remembers it for thirty steps even where the lag is 0. A letter is one-hot; a letter that the sequencing left open is shared
    by the bases that it may be. 184 of the 3,190 sequences are copies of others. Sequences with the same letters are all in one split, and the
    different ones of each class are divided at random, 60 : 20 : 20.
    """

    name: ClassVar[str] = "splice_junctions"
    summary: ClassVar[str] = "genome: which splice junction, if any, is in the middle of 60 letters of DNA"
    asked_for: ClassVar[str] = "the kind of a splice junction"
    reference: ClassVar[str] = "Noordewier, Towell & Shavlik 1991 (the data, UCI 69, CC BY 4.0)"
    position: ClassVar[int] = 10
    source_rows: ClassVar[str] = "S14"
    published: ClassVar[tuple[Published, ...]] = (
        Published(0.959, "accuracy", "a radial basis function network", "Michie, Spiegelhalter & Taylor 1994, DNA", "2,000 to train on, 1,186 to test"),
        Published(0.912, "accuracy", "a feed-forward network", "Michie, Spiegelhalter & Taylor 1994, DNA", "2,000 to train on, 1,186 to test"),
    )

    @property
    def length(self) -> int:
        return STEPS + self.lag

    @property
    def input_size(self) -> int:
        return len(BASES)

    @property
    def output_size(self) -> int:
        return len(CLASSES)

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(BASES)

    @property
    def output_names(self) -> tuple[str, ...]:
        return CLASSES

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(members(split))

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        letters, classes = data()
        indices = members(split)[chosen]
        return Sequences(shares()[letters[indices]], classes[indices, None].astype(np.int32))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = CLASSES[int(sequences.targets[index, 0])]
        words = []
        for step, values in enumerate(sequences.inputs[index]):
            word = " or ".join(base for base, value in zip(BASES, values, strict=True) if value) or "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


def shares() -> NDArray[np.float32]:
    """The share of each base in each letter of the file: [letter, base]."""
    return np.array([[(base in bases) / len(bases) for base in BASES] for bases in LETTERS.values()], np.float32)


@cache
def data() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Letters [sequence, step], as numbers in `LETTERS`, and classes [sequence]."""
    arrays = read_arrays("splice_junctions.npz", SHA256)
    return arrays["letters"], arrays["classes"]


@cache
def members(split: Split) -> NDArray[np.intp]:
    """The numbers of the sequences in a split, ascending."""
    letters, classes = data()
    _, first, group = np.unique(letters, axis=0, return_index=True, return_inverse=True)
    return np.flatnonzero(np.isin(group.ravel(), split_indices(classes[first])[SPLITS.index(split)]))


TASK = SpliceJunctions
