"""The course of a training's loss: whether it was still falling when the training ended, and what an outcome says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from unvanish.suite.diagnosis.mode_facts import Modes
from unvanish.suite.diagnosis.outcomes import AT_BASELINE_SCORE, SMALL_GAIN, Evaluation, Outcome
from unvanish.suite.tables.measurements import Array

if TYPE_CHECKING:
    from unvanish.suite.diagnosis.keras_training import KerasTraining

LAST = 0.4  # share of the training over which the slope is taken
MEANS = 30  # of successive batch losses, to which the line is fitted
MIN_STEPS = 12
MIN_FALL = 0.03  # of the loss at the end, over the last part: a slower fall than this is not worth waiting for
MAX_PENALTY = 0.1  # of the loss: with more of it, what falls can be the penalty
MODE_GAP = 0.15  # of the score: how much better a model is in training mode than in evaluation mode to be told so


@dataclass(frozen=True)
class Fall:
    """A loss that still falls at the end: its values at both ends of the line fitted to the last part, and its slope a step, below 0."""

    steps: int
    before: float
    now: float
    slope: float


def still_falling(losses: Array) -> Fall | None:
    """The fall of the batch losses over the last part of a training; None where it is not certain or too small.

    The slope is that of Theil and Sen, whose confidence interval of 95 % must lie below 0: a few batches do not decide.
    """
    last = losses[-max(int(LAST * len(losses)), MIN_STEPS) :]
    if len(losses) < MIN_STEPS or not np.isfinite(last).all():
        return None
    from scipy.stats import theilslopes  # here, since it takes long to import and trials do not need it

    parts = np.array_split(np.arange(len(last)), min(MEANS, len(last)))
    line = theilslopes([last[part].mean() for part in parts], [part.mean() for part in parts])
    before, now = (float(line.intercept + line.slope * step) for step in (0, len(last) - 1))
    if line.high_slope >= 0 or before - now < MIN_FALL * abs(before):
        return None
    return Fall(len(last), before, now, float(line.slope))


def mode_scores(modes: Modes, end: Evaluation) -> tuple[float, float]:
    """The scores in training mode and in evaluation mode, against the best constant prediction of the same sample."""
    constant = end.constant.mean()
    return float(1 - modes.training.mean() / constant), float(1 - modes.evaluation.mean() / constant)


def falling(training: KerasTraining) -> Fall | None:
    """The fall of a training's loss at its end, where the loss of the data is below that before training, and where no penalty can be what falls."""
    start, end, penalties = training.start, training.end, training.penalties
    if start is None or end is None or not end.loss.mean() < (1 - MIN_FALL) * start.loss.mean():
        return None
    if penalties and penalties[-1].penalty > MAX_PENALTY * abs(penalties[-1].loss):
        return None
    return still_falling(training.losses)


def with_course(outcome: Outcome, training: KerasTraining) -> Outcome:
    """The outcome with what its figures leave out: a score that is that of before training, a model that has learned in training mode, a loss that falls."""
    start, end, modes = training.start, training.end, training.modes
    if start is None or end is None:
        return outcome
    if outcome.learning and outcome.score < AT_BASELINE_SCORE and outcome.score - outcome.start_score < SMALL_GAIN:
        outcome = replace(outcome, word="baseline", sentence=f"{outcome.sentence}, no better than the {outcome.start_score:.2f} before training")
    if outcome.word != "baseline":
        return outcome
    if modes is not None:
        score, evaluated = mode_scores(modes, end)
        if score >= AT_BASELINE_SCORE and score - evaluated >= MODE_GAP:
            accuracy = f", accuracy {modes.accuracy[0]:.2f} and {modes.accuracy[1]:.2f}" if np.isfinite(modes.accuracy).all() else ""
            learned = f"in training mode the model has learned: loss {modes.training.mean():.4g} there and {modes.evaluation.mean():.4g} in evaluation mode"
            return replace(outcome, sentence=f"{outcome.sentence}; {learned}{accuracy}")
    if falling(training):
        fell = f"the loss fell from {start.loss.mean():.3g} to {end.loss.mean():.3g} and was still falling when the training ended"
        return replace(outcome, sentence=f"{outcome.sentence}; {fell}")
    return outcome
