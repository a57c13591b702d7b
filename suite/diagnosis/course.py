"""The course of a training's loss: whether it was still falling when the training ended, and what an outcome says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from unvanish.suite.diagnosis.mode_facts import Modes
from unvanish.suite.diagnosis.outcomes import AT_BASELINE_SCORE, Evaluation, Outcome
from unvanish.suite.tables.measurements import Array

LAST = 0.4  # share of the training over which the slope is taken
MEANS = 30  # of successive batch losses, to which the line is fitted
MIN_STEPS = 12
MIN_FALL = 0.03  # of the loss at the end, over the last part: a slower fall than this is not worth waiting for
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


def with_course(outcome: Outcome, losses: Array, start: Evaluation | None, end: Evaluation | None, modes: Modes | None) -> Outcome:
    """An outcome whose sentence says too that the loss still falls, or that the model has learned in training mode, where it is no better than a constant."""
    if outcome.word != "baseline" or start is None or end is None:
        return outcome
    sentence = outcome.sentence
    if modes is not None:
        training, evaluation = mode_scores(modes, end)
        if training >= AT_BASELINE_SCORE and training - evaluation >= MODE_GAP:
            of_classes = np.isfinite(modes.accuracy).all()
            accuracy = f", accuracy {modes.accuracy[0]:.2f} and {modes.accuracy[1]:.2f}" if of_classes else ""
            sentence += (
                f"; in training mode the model has learned: loss {modes.training.mean():.4g} there and {modes.evaluation.mean():.4g} in evaluation mode{accuracy}"
            )
            return replace(outcome, sentence=sentence)
    before, now = float(start.loss.mean()), float(end.loss.mean())
    if now < before and still_falling(losses):
        sentence += f"; the loss fell from {before:.3g} to {now:.3g} and was still falling when the training ended"
    return replace(outcome, sentence=sentence)
