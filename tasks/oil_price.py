"""The price of crude oil: whether it moves more than usual tomorrow, which can be learned a little, or whether it rises, which cannot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.names import check_name
from unvanish.tasks.recorded import RecordedTask, Split
from unvanish.tasks.task import Sequences, StepDescription

SHA256 = "a821271e62971120c3c9a1d0496ff3f2ab956c5f757350297874b73264678d98"
SMALLEST = 0.001  # added to the size of a move before the logarithm: a day without one has a finite size
MAX_STEPS = 60  # the first answer is about the day after so many moves, whatever the steps, so that answers can be compared
SHARES: tuple[float, float] = (0.6, 0.7)  # of the answers before the validation and before the test split
OUTPUTS = {"size": ("a usual move", "a larger move"), "direction": ("falls or stays", "rises")}


@dataclass(frozen=True)
class OilPrice(RecordedTask):
    """See the moves of `steps` days, then `lag` blank steps; something about the move of the day after is asked for.

    asks    'size': whether it is larger than usual, up or down; 'direction': whether the price rises

    A move is the difference of the logarithms of the prices of two days that have one. Inputs are its sign and size, the move itself, and the
    logarithm of its size, each with mean 0 and standard deviation 1 over the training split. Large moves follow large moves (Mandelbrot 1963), so
    days gone by tell something about the size. Nothing here tells the direction: there, majority is as good as any predictor, and a network that
    seems better on one test split is so by chance. Usual is the median size of the days before the test split.

    Splits are 60 : 10 : 30 in the order of the days, so the test is on the latest: March 2009 to January 2019. Sequences that end on neighbouring
    days share most of their days, so an interval over them is too narrow.
    """

    asks: Literal["size", "direction"] = "size"
    steps: int = 60
    label: str = ""  # of the task where a profile has it several times: its name is oil_price:label

    name: ClassVar[str] = "oil_price"
    summary: ClassVar[str] = "prices: whether crude oil moves more than usual tomorrow, or whether it rises"
    reference: ClassVar[str] = "US Energy Information Administration (the data, public domain); Mandelbrot 1963 (large moves follow large moves)"
    position: ClassVar[int] = 14
    source_rows: ClassVar[str] = "S14"
    derived: ClassVar[frozenset[str]] = frozenset({"facts", "label"})

    def __post_init__(self) -> None:
        if self.label:
            check_name("oil_price, after the colon,", self.label)
            object.__setattr__(self, "name", f"oil_price:{self.label}")
        self.require("steps", 1, MAX_STEPS)
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in super().parameters.items() if name != "label"}

    @property
    def length(self) -> int:
        return self.steps + self.lag

    @property
    def input_size(self) -> int:
        return 2

    @property
    def output_size(self) -> int:
        return 2

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("move", "logarithm of its size")

    @property
    def output_names(self) -> tuple[str, ...]:
        return OUTPUTS[self.asks]

    @property
    def target_name(self) -> str:
        return "whether crude oil rises tomorrow" if self.asks == "direction" else "whether crude oil moves more than usual tomorrow"

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(asked_days(split))

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        days = asked_days(split)[chosen]
        return Sequences(scaled_moves()[days[:, None] + np.arange(-self.steps, 0)], answers(self.asks)[days, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answer = self.output_names[int(sequences.targets[index, 0])]
        scale = moves()[trained_days()].std()
        mean = moves()[trained_days()].mean()
        words = []
        for step, (move, _) in enumerate(sequences.inputs[index]):
            word = f"{100 * (move * scale + mean):+.1f} %" if step < self.steps else "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@cache
def moves() -> NDArray[np.float64]:
    """The difference of the logarithm of each price and the one before: [day]."""
    return np.diff(np.log(read_arrays("oil_price.npz", SHA256)["cents"] / 100))


def asked_days(split: Split) -> NDArray[np.intp]:
    """The numbers of the moves that a split asks about."""
    days = np.arange(MAX_STEPS, len(moves()))
    first, second = (int(share * len(days)) for share in SHARES)
    return {"training": days[:first], "validation": days[first:second], "test": days[second:]}[split]


def trained_days() -> NDArray[np.intp]:
    """The moves up to the last one that the training split asks about."""
    return np.arange(asked_days("training")[-1] + 1)


@cache
def scaled_moves() -> NDArray[np.float32]:
    """Inputs [day, 2]."""
    inputs = np.stack([moves(), np.log(np.abs(moves()) + SMALLEST)], axis=1)
    trained_on = inputs[trained_days()]
    return ((inputs - trained_on.mean(axis=0)) / trained_on.std(axis=0)).astype(np.float32)


@cache
def answers(asks: str) -> NDArray[np.int32]:
    """The class of each move: [day]."""
    if asks == "direction":
        return (moves() > 0).astype(np.int32)
    sizes = np.abs(moves())
    before_the_test = np.concatenate([asked_days("training"), asked_days("validation")])
    return (sizes > np.median(sizes[before_the_test])).astype(np.int32)


TASK = OilPrice
