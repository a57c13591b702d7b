"""What the samples of a training show by themselves, before and beside the model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TargetInInput:
    """One number of the input, at the last step where there are steps, that gives the target of an output by a straight line.

    column    its place on the last axis of the input, of `columns`; with 0 columns the number of an input, of several, that is the target itself
    error     of the line, as a share of the targets' variance
    """

    output: str
    column: int
    columns: int
    error: float


@dataclass(frozen=True)
class EqualInputs:
    """Samples whose inputs are those of another sample.

    share    of all samples
    spread   the variance of targets among equal inputs, over that of all targets: 1 where the inputs say nothing of them
    """

    share: float
    spread: float


@dataclass(frozen=True)
class TimeInRows:
    """What the rows before a sample add to its own inputs, where a sample has a single time step: squared correlations on rows that were not fitted.

    alone    of a linear model on the inputs of the sample
    before   of one on the inputs of the sample and of the rows before it, in their order
    """

    alone: float
    before: float


@dataclass(frozen=True)
class Split:
    """The validation data beside the training data.

    training, validation   numbers of samples
    last_rows              whether they are the last rows of the given data, as `validation_split` takes them
    missing_classes        classes that only the validation data have; `missing_share` of the validation data have one of them
    unlike                 half the sum of the differences between the shares of the classes: 0 for equal shares, 1 for no class in common
    frequent               the most frequent class of the validation data; `frequent_there` its share of these, `frequent_here` its share of the training data
    outside                share of the validation targets that lie outside the range of those in the training part, where they are quantities
    duplicated             share of the validation samples that are in the training part too, inputs and targets equal; 0 where inputs are few whole numbers
    """

    training: int
    validation: int
    last_rows: bool
    missing_classes: tuple[int, ...]
    missing_share: float
    outside: float
    duplicated: float
    unlike: float = 0.0
    frequent: int = 0
    frequent_there: float = 0.0
    frequent_here: float = 0.0


@dataclass(frozen=True)
class DataFacts:
    """Facts on the samples that `Diagnose` was given.

    samples          their number
    order            the rank correlation of the first output's targets with their row, without sign; 1 for sorted rows
    sorted_classes   whether the rows stand class by class
    first_class_only the single class that the first samples of a data set have, where the model has units for more; else None
    """

    samples: int
    order: float = 0.0
    sorted_classes: bool = False
    first_class_only: int | None = None
    target_in_input: tuple[TargetInInput, ...] = ()
    equal_inputs: EqualInputs | None = None
    time_in_rows: TimeInRows | None = None
    split: Split | None = None
