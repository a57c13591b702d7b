"""What a training reached, against the best constant prediction: most rules ask for it, so that a model that learns gets no alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_1samp

from unvanish.suite.debugger.record import Evaluation, Record
from unvanish.suite.diagnosis.judge import AT_BASELINE_SCORE

SIGNIFICANT = 1e-3  # level at which a small gain over the constant prediction counts as learning
SMALL_GAIN = 0.02  # below this share a gain does not count, however significant: any model fits its training data a little

OUTCOMES = {
    "learning": f"better than the best constant prediction: a score of at least {AT_BASELINE_SCORE:g}, "
    f"or of at least {SMALL_GAIN:g} and significantly above 0 (t-test over chunks of the sample, p < {SIGNIFICANT:g})",
    "baseline": "no better than the best constant prediction",
    "diverged": "a loss that is not finite",
    "unknown": "the model computes its loss in a way of its own, so there is no constant prediction to compare with",
}


@dataclass(frozen=True)
class Outcome:
    """word is one of `OUTCOMES`; score is 1 - loss / loss of the best constant, before (`start_score`) and after training; NaN where unknown."""

    word: str
    score: float
    start_score: float
    sentence: str

    @property
    def learning(self) -> bool:
        return self.word == "learning"

    @property
    def not_learned(self) -> bool:
        """Whether something is wrong for sure: at the baseline or diverged."""
        return self.word in ("baseline", "diverged")


def outcome(record: Record) -> Outcome:
    """The outcome of a training, from the evaluations before and after it and the losses between."""
    start_score, score = score_of(record.start), score_of(record.end)
    bad = np.flatnonzero(~np.isfinite(record.losses))
    if bad.size:
        return Outcome("diverged", score, start_score, f"the loss is not finite since step {bad[0] + 1}")
    if record.end is None:
        return Outcome("unknown", np.nan, np.nan, OUTCOMES["unknown"])
    if not np.isfinite(record.end.loss).all():
        return Outcome("diverged", score, start_score, "the loss is not finite at the end of training")
    figures = f"loss {record.end.loss.mean():.4g}, of the best constant prediction {record.end.constant.mean():.4g}"
    if record.end.constant.mean() <= 0:
        return Outcome("unknown", np.nan, np.nan, f"{figures}; a loss that can be below zero has no score")
    gains = record.end.constant - record.end.loss
    small = len(gains) > 1 and score >= SMALL_GAIN and ttest_1samp(gains, 0, alternative="greater").pvalue < SIGNIFICANT
    word = "learning" if score >= AT_BASELINE_SCORE or small else "baseline"
    return Outcome(word, score, start_score, f"{figures}: score {round(score, 2) + 0.0:.2f}")


def score_of(evaluation: Evaluation | None) -> float:
    """1 - loss / loss of the best constant prediction: 0 for the constant, 1 for no loss at all."""
    if evaluation is None or not evaluation.constant.mean() > 0:
        return float("nan")
    return float(1 - evaluation.loss.mean() / evaluation.constant.mean())
