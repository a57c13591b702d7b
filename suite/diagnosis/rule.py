"""A diagnosis rule: one cause, how it is seen in a trial of the suite and in the training of a user's Keras model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unvanish.suite.diagnosis.keras_training import KerasTraining
from unvanish.suite.diagnosis.trial_facts import TrialFacts
from unvanish.suite.experiment.trial import Event
from unvanish.suite.tables.measurements import Measurements

# consequences that many causes share: in gradients, units and steps, and in what is reached
STEPS = ("exploded", "rate_too_high", "rate_too_low", "dead", "saturated", "vanished")
RESULTS = ("too_short", "overfitting", "class_never_predicted", "no_better_than_simple", "no_signal")
ANY, NOT_LEARNED = "any training", "no better than a constant"  # of which trainings a rule is asked


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the training of a Keras model.

    cause     the name of the rule
    step      since which training step; 0 is before training
    epoch     the epoch of that step, from 0
    what      a sentence in plain words
    why       the rule that decided, with its figures
    advice    what to try
    snippet   Keras code for it
    evidence  what a benchmark measured of it; empty where it says nothing of this model
    follows   the cause of another finding that can bring this one about, which makes it a symptom; empty for a cause
    """

    cause: str
    step: int
    epoch: int
    what: str
    why: str
    advice: str
    snippet: str = ""
    evidence: tuple[str, ...] = ()
    follows: str = ""


@dataclass(frozen=True)
class TrialRule:
    """The detection of a cause in a trial of the suite.

    position   its place among events of the same step: the one with the smallest is the cause
    detect     the event in a trial, or None
    meaning    a clause in plain words, thresholds included
    alone      whether nothing else is looked for in a trial that has it
    """

    position: int
    detect: Callable[[TrialFacts, Measurements], Event | None]
    meaning: str
    alone: bool = False


@dataclass(frozen=True)
class KerasRule:
    """The detection of a cause in the training of a Keras model.

    position      its place in the causal chain: of two causes the one with the smaller is reported first
    detect        the findings in a training, of which it yields one for each thing that is to be changed
    criteria      when it is found, in plain words, thresholds included, and of which trainings that is asked: the rows of docs/diagnose.md
    consequences  names of the causes that it can bring about: their findings are symptoms where this one has a finding
    otherwise     findings where no rule has one
    """

    position: int
    detect: Callable[[KerasTraining], Iterable[Finding]]
    criteria: Mapping[str, str]
    consequences: tuple[str, ...] = ()
    otherwise: Callable[[KerasTraining], Iterable[Finding]] | None = None


@dataclass(frozen=True)
class Rule:
    """One cause by its one name, as `RULE` of its file; a part is None where such a training cannot have the cause."""

    name: str
    trial: TrialRule | None = None
    keras: KerasRule | None = None


def first(steps: NDArray[np.int64], holds: ArrayLike) -> int:
    """The first step at which something holds that holds at one of them."""
    return int(steps[np.argmax(holds)])


def until_the_end(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a condition holds and goes on holding until the last entry."""
    return np.logical_and.accumulate(holds[::-1])[::-1]


def finding(training: KerasTraining, cause: str, what: str, why: str, advice: str, snippet: str = "", step: int = 0) -> Finding:
    """A finding, with the epoch of its step."""
    epoch = step // training.steps_per_epoch if training.steps_per_epoch else 0
    return Finding(cause, step, epoch, what, why, advice, snippet)
