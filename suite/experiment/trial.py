"""A trial, condition x learning rate x seed, and what became of it. Plain data: whoever reads it needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import Condition
from unvanish.suite.models import Weights

GRADIENTS = ("norm", "cell_norm", "input_norm", "total_norm", "total_cell_norm", "total_input_norm")  # which have a table of their own for their number
NONE_SEEN = "none_seen"  # the cause of a trial in which no event was seen
Phase = Literal["tune", "evaluate"]


@dataclass(frozen=True)
class Trial:
    """One training: a condition, at a learning rate and from a seed."""

    condition: Condition
    phase: Phase
    learning_rate: float
    seed: int


def tuning_trials(condition: Condition, rates: Iterable[float]) -> list[Trial]:
    """Learning rates of a condition's grid with every tuning seed."""
    return [Trial(condition, "tune", rate, seed) for rate in rates for seed in condition.budget.tuning_seeds]


def evaluation_trials(condition: Condition, learning_rate: float) -> list[Trial]:
    """Every evaluation seed, at the learning rate that tuning chose."""
    return [Trial(condition, "evaluate", learning_rate, seed) for seed in condition.budget.evaluation_seeds]


@dataclass(frozen=True)
class Curve:
    """One figure at each evaluation. Not a number from the divergence on; the score is then 0.

    The gradient norms and the update ratio of the block in which a trial diverged are over the steps before that.
    """

    step: NDArray[np.int64]
    loss: NDArray[np.float64]  # on the validation set
    metric: NDArray[np.float64]  # on the validation set
    score: NDArray[np.float64]
    training_loss: NDArray[np.float64]  # mean since the last evaluation
    gradient_norm: NDArray[np.float64]  # largest since the last evaluation, before clipping
    gradient_norm_median: NDArray[np.float64]  # over the same steps
    clipped_share: NDArray[np.float64]  # of the steps since the last evaluation
    update_ratio: NDArray[np.float64]  # norm of a step's change of the weights over that of the weights, median since the last evaluation


@dataclass(frozen=True)
class Probes:
    """Figures of the inside of the network at some steps; see suite/probes for what each figure is.

    figures     by name, [probe] each
    by_step     by name, [probe, steps back] each, from the end of the sequence
    """

    step: NDArray[np.int64]
    figures: Mapping[str, NDArray[np.float64]]
    by_step: Mapping[str, NDArray[np.float64]]

    def figure(self, name: str) -> NDArray[np.float64]:
        """[probe]; not a number where it was not measured, as of a model that has no such thing."""
        return self.figures.get(name, np.full(len(self.step), np.nan))

    @property
    def gradients(self) -> dict[str, NDArray[np.float64]]:
        """Those of `by_step` that are `GRADIENTS`; none for a memoryless model."""
        return {name: self.by_step[name] for name in GRADIENTS if name in self.by_step}


@dataclass(frozen=True)
class TrainedTrial:
    """A trial that was trained and measured, before it is judged.

    loss, metric         at the end, on the test set (evaluate) or the validation set (tune); NaN if it diverged
    diverged_at          the step at which loss, gradient or new weights were not finite
    max_gradient_norm    largest finite norm before clipping
    clipped_share        of the steps before it diverged
    weights              the last finite ones
    copy_of              the mitigation of the trial that this is a copy of, since its own could not have acted; empty where it was trained
    """

    trial: Trial
    loss: float
    metric: float
    diverged_at: int | None
    max_gradient_norm: float
    clipped_share: float
    parameters: int
    seconds: float
    curve: Curve
    probes: Probes
    weights: Weights
    copy_of: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened inside a trial: one of `unvanish.suite.diagnosis.EVENTS`, the step it was first seen at, and its figures."""

    name: str
    step: int
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """The outcome of a trial, what happened inside, in order, and the word for both.

    outcome     one of `unvanish.suite.diagnosis.OUTCOMES`
    word        one of `unvanish.suite.diagnosis.DIAGNOSES`: the outcome, or for a trial at the baseline its cause
    rule        the sentence with the figures that decided
    onset_step  since when the outcome holds; at the baseline, when the first event was seen
    score       0 for the task's memoryless baseline, 1 for perfect; not a number for a trial that could not be run
    inert       what of the mitigation never acted; empty where all of it did
    """

    outcome: str
    events: tuple[Event, ...]
    word: str
    rule: str
    onset_step: int | None = None
    score: float = 0.0
    inert: str = ""

    @property
    def cause(self) -> str:
        """The first event; `none_seen` where there was none, and nothing where the trial could not be run."""
        return self.events[0].name if self.events else "" if self.outcome == "failed" else NONE_SEEN

    @property
    def solved_at(self) -> int | None:
        """The first evaluation that met the criterion, of a trial that ends solved."""
        return self.onset_step if self.outcome == "solved" else None


@dataclass(frozen=True)
class Result:
    """One row of the results: a judged trial, or one that failed to run."""

    trial: Trial
    status: Literal["finished", "failed"]
    diagnosis: Diagnosis
    trained: TrainedTrial | None = field(default=None, repr=False)

    @property
    def score(self) -> float:
        """The one of its diagnosis."""
        return self.diagnosis.score

    @property
    def solved_at(self) -> int | None:
        """The one of its diagnosis."""
        return self.diagnosis.solved_at

    @property
    def inert(self) -> str:
        """The one of its diagnosis."""
        return self.diagnosis.inert
