"""A trial, condition x learning rate x seed, and what became of it. Plain data: whoever reads it needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import Condition
from unvanish.suite.models import Weights

GRADIENTS = ("norm", "cell_norm", "input_norm", "total_norm", "total_cell_norm", "total_input_norm")  # which have a table of their own for their number
Phase = Literal["tune", "evaluate"]


@dataclass(frozen=True)
class Trial:
    """What is trained."""

    condition: Condition
    phase: Phase
    learning_rate: float
    seed: int


def tuning_trials(condition: Condition) -> list[Trial]:
    return [Trial(condition, "tune", rate, seed) for rate in condition.learning_rates for seed in condition.budget.tuning_seeds]


def evaluation_trials(condition: Condition, learning_rate: float) -> list[Trial]:
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
    """What was measured inside the network at some steps; see suite/probes for what each figure is.

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

    def reaching(self, distance: int) -> NDArray[np.float64]:
        """The gradient with respect to the whole state so many steps back, relative to that at the end, [probe]; from the last step's loss.

        With respect to the input where the states are not known.

        Not a number at a probe where both are infinite.
        """
        from_last = {name: norms for name, norms in self.gradients.items() if not name.startswith("total_")}
        states = [norms for name, norms in from_last.items() if name != "input_norm"] or list(from_last.values())
        norm = np.sqrt(np.sum(np.square(states), axis=0))  # [probe, steps back]
        with np.errstate(invalid="ignore"):
            return norm[:, distance] / np.maximum(norm[:, 0], np.finfo(float).tiny)


@dataclass(frozen=True)
class TrainedTrial:
    """What was measured of a trial, before anyone judges it.

    loss, metric         at the end, on the test set (evaluate) or the validation set (tune); NaN if it diverged
    diverged_at          the step at which loss, gradient or new weights were not finite
    max_gradient_norm    largest finite norm before clipping
    clipped_share        of the steps before it diverged
    weights              the last finite ones
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


@dataclass(frozen=True)
class Event:
    """Something that happened inside a trial: one of `unvanish.suite.diagnosis.EVENTS`, the step it was first seen at, and its figures."""

    name: str
    step: int
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """What a trial reached, what happened inside, in order, and what both mean.

    outcome     one of `unvanish.suite.diagnosis.OUTCOMES`
    word        one of `unvanish.suite.diagnosis.DIAGNOSES`: the outcome, or for a trial at the baseline its cause
    rule        the sentence with the figures that decided
    onset_step  since when the outcome holds; at the baseline, when the first event was seen
    """

    outcome: str
    events: tuple[Event, ...]
    word: str
    rule: str
    onset_step: int | None = None

    @property
    def cause(self) -> str:
        """The first event; `none seen` where there was none, and nothing where the trial could not be run."""
        return self.events[0].name if self.events else "" if self.outcome == "failed" else "none seen"


@dataclass(frozen=True)
class Result:
    """One row of the results: a judged trial, or one that failed to run."""

    trial: Trial
    status: Literal["finished", "failed"]
    diagnosis: Diagnosis
    score: float
    solved_at: int | None = None
    inert: str = ""  # what of the recipe never acted
    trained: TrainedTrial | None = field(default=None, repr=False)
