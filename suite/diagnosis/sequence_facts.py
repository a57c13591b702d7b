"""Facts about the time steps that a model reads: which of them a mask hides, and which are padding. Nothing here needs TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mask:
    """The mask that one layer makes of a sample of the data.

    layer     its name; `kind` its class, Masking or Embedding
    value     the number or token that it hides
    hidden    share of all time steps
    trailing  share of all time steps that are hidden with all steps after them
    between   share of the samples in which a hidden step stands between two that are not hidden
    interior  share of the hidden steps that stand between two others
    empty     share of the samples of which every step is hidden
    score     of a linear model of the places of the hidden steps, on samples that it was not fitted to: 1 - loss / loss of a constant; NaN where none
              was fitted, as for a mask that hides no step between others
    missed_by the first recurrent layer, or `LOSS`, that reads these steps without the mask; empty for none
    lost_in   the layer that takes a masked input and puts out no mask; empty where none does, or it is an operation that is no layer
    """

    layer: str
    kind: str
    value: float
    hidden: float
    trailing: float
    between: float
    interior: float
    empty: float
    score: float = float("nan")
    missed_by: str = ""
    lost_in: str = ""


LOSS = "the loss"


@dataclass(frozen=True)
class Padding:
    """Equal time steps at one end of the samples of an input with a time axis.

    value     the number or token that all of their features have; NaN where they differ
    leading   mean share of a sample's steps, from its start
    trailing  mean share of a sample's steps, up to its end
    lengths   how many lengths without it the samples have
    steps     the length of the time axis
    masked    whether a mask hides it
    counted   whether targets of every step have one value wherever the input ends in padding, and no weights a step leave these out
    """

    input: str
    value: float
    leading: float
    trailing: float
    lengths: int
    steps: int
    masked: bool
    counted: bool = False
