"""The sunspots of next year, from the years before: a series with a season whose length varies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.baselines import SERIES
from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.recorded import RecordedTask, Split
from unvanish.tasks.task import Sequences, StepDescription, metric_with_tolerance

SHA256 = "99cd9aec3e7b719ef1d83aef4b4e5ad85733539655ee0f1ec01f437f7cf20c75"
FIRST_YEAR = 1700
ASKED_FROM, VALIDATION_FROM, TEST_FROM = 1740, 1881, 1921  # the test split begins where Weigend, Huberman & Rumelhart's does
MAX_STEPS = ASKED_FROM - FIRST_YEAR


@dataclass(frozen=True)
class Sunspots(RecordedTask):
    """See the sunspot numbers of `steps` years, one a step, then `lag` blank steps; that of the year after is asked for.

    within    how near a prediction must be to count as right, in sunspots

    Numbers have mean 0 and standard deviation 1 over the years up to 1880; losses are in that unit, so the square root of a loss times that
    standard deviation is a root mean squared error in sunspots. The splits are in the order of the years asked about: training up to 1880,
    validation up to 1920, test up to 2008, 88 years. The season is 11 years, about: the same step a season ago is a reference predictor.
    """

    steps: int = 22
    within: float = 15.0

    name: ClassVar[str] = "sunspots"
    summary: ClassVar[str] = "a sensor: next year's sunspots, from the years before"
    asked_for: ClassVar[str] = "the sunspots of the next year"
    reference: ClassVar[str] = "National Geophysical Data Center (the data, public domain); Yule 1927"
    position: ClassVar[int] = 13
    source_rows: ClassVar[str] = "S14"
    kind: ClassVar[Literal["classification", "regression"]] = "regression"
    metric: ClassVar[str] = "within_tolerance"
    tolerance: ClassVar[float | tuple[float, ...]] = 1.0  # of an instance: `within` in the unit of the scaled numbers
    season: ClassVar[int] = 11

    def __post_init__(self) -> None:
        self.require("steps", self.season, MAX_STEPS)
        self.require("within", 1, 200)
        object.__setattr__(self, "tolerance", self.within / mean_and_scale()[1])
        super().__post_init__()

    @property
    def metric_label(self) -> str:
        """With the tolerance in sunspots, not in the unit of the scaled numbers."""
        return metric_with_tolerance(self.metric, self.within)

    @property
    def length(self) -> int:
        return self.steps + self.lag

    @property
    def input_size(self) -> int:
        return 1

    @property
    def output_size(self) -> int:
        return 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("sunspots",)

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("sunspots of the next year",)

    @property
    def feature_groups(self) -> dict[str, slice]:
        return {SERIES: slice(0, 1)}

    @property
    def digest(self) -> str:
        return SHA256

    def split_size(self, split: Split) -> int:
        return len(asked_years(split))

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        mean, scale = mean_and_scale()
        scaled = ((numbers() - mean) / scale).astype(np.float32)[:, None]
        ends = asked_years(split)[chosen] - FIRST_YEAR
        return Sequences(scaled[ends[:, None] + np.arange(-self.steps, 0)], scaled[ends, None])

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        mean, scale = mean_and_scale()
        answer = f"{sequences.targets[index].item() * scale + mean:.1f}"
        words = []
        for step, (value,) in enumerate(sequences.inputs[index]):
            word = f"{value * scale + mean:.1f}" if step < self.steps else "blank"
            words.append(StepDescription(word, answer if step == self.length - 1 else "", step in self.scored_steps))
        return words


@cache
def numbers() -> NDArray[np.float64]:
    """The mean sunspot number of each year from `FIRST_YEAR` on."""
    return read_arrays("sunspots.npz", SHA256)["tenths"] / 10


def asked_years(split: Split) -> NDArray[np.intp]:
    """The years whose number a split asks for: the same whatever the steps, so that they can be compared."""
    last = FIRST_YEAR + len(numbers())
    starts = {"training": (ASKED_FROM, VALIDATION_FROM), "validation": (VALIDATION_FROM, TEST_FROM), "test": (TEST_FROM, last)}
    return np.arange(*starts[split])


def mean_and_scale() -> tuple[float, float]:
    """Mean and standard deviation of the years up to the last one of the training split."""
    trained_on = numbers()[: VALIDATION_FROM - FIRST_YEAR]
    return float(trained_on.mean()), float(trained_on.std())


TASK = Sunspots
