"""The outcome of a training: of a trial against its task, of a Keras model against the best constant prediction.

Comparisons are written so that a NaN makes a training `diverged`, never `solved`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from unvanish.suite.diagnosis.trial_facts import TrialFacts
from unvanish.suite.tables.measurements import Array, Measurements
from unvanish.tasks import METRICS

AT_BASELINE_SCORE = 0.1  # a score below this is at the baseline
# A user's data may leave little to gain, unlike the tasks of the suite; a small gain counts as learning too, where it is significant.
SIGNIFICANT = 1e-3  # its level
SMALL_GAIN = 0.02  # below this share a gain does not count, however significant: any model fits its training data a little

OUTCOMES = {
    "solved": "meets the task's criterion on the test set at the end of training",
    "learning": f"better than the memoryless baseline (score at least {AT_BASELINE_SCORE:g}), not solved",
    "baseline": f"at the memoryless baseline (score below {AT_BASELINE_SCORE:g})",
    "diverged": "loss, gradient or weights stopped being finite",
    "failed": "the trial could not be run to its end",
}
NO_STEPS = "no training step has been made whose loss is known"
OWN_LOSS = "the model computes its loss in a way of its own, so there is no constant prediction to compare with"


def trial_outcome(facts: TrialFacts, measured: Measurements) -> tuple[str, str, int | None]:
    """One of `OUTCOMES` but for `failed`, a sentence with its figures, and the step since which it holds."""
    task, curves = facts.task, measured.curves
    metric = METRICS[task.metric]
    if facts.diverged_at is not None:
        return "diverged", f"loss, gradient or weights not finite at step {facts.diverged_at}", facts.diverged_at
    if not np.isfinite([facts.loss, facts.metric]).all():
        return "diverged", "loss not finite at the end of training", facts.steps
    if task.solved(facts.metric):
        meets = [task.solved(value) for value in curves["metric_value"]]
        sentence = f"{task.metric_label} {facts.metric:.4f} {metric.sign(meets=True)} {task.solved_at_metric:g} on the test set"
        return "solved", sentence, first_or_last(curves["step"], meets)
    score = task.score(facts.loss, facts.metric)
    if score >= AT_BASELINE_SCORE:
        unsolved = f"{task.metric_label} {facts.metric:.3f} {metric.sign(meets=False)} {task.solved_at_metric:g}"
        return "learning", f"score {score:.3f} >= {AT_BASELINE_SCORE:g}, {unsolved}", first_or_last(curves["step"], curves["score"] >= AT_BASELINE_SCORE)
    return "baseline", f"score {score:.3f} < {AT_BASELINE_SCORE:g}", None


def first_or_last(steps: np.ndarray, holds: ArrayLike) -> int:
    """The first evaluation at which something holds; the last one where it is seen on the test set alone."""
    return int(steps[np.argmax(holds)] if np.any(holds) else steps[-1])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The loss of a Keras model without dropout and penalties on a sample of the training data, and of the best constant prediction, [chunk].

    The constant is the mean or median of each target, or the classes' frequencies.
    """

    step: int
    loss: Array
    constant: Array

    @property
    def score(self) -> float:
        """1 - loss / loss of the constant: 0 for the constant, 1 for no loss at all; NaN where the constant's loss is not above 0."""
        return float(1 - self.loss.mean() / self.constant.mean()) if self.constant.mean() > 0 else float("nan")


@dataclass(frozen=True)
class Outcome:
    """The outcome of the training of a Keras model.

    word         learning, baseline (no better than the best constant prediction) or diverged; unknown where there is nothing to compare with
    score        of the last evaluation, and `start_score` of that before training; NaN where unknown
    """

    word: str
    score: float
    start_score: float
    sentence: str

    @property
    def learning(self) -> bool:
        """Return whether it is better than the best constant prediction."""
        return self.word == "learning"

    @property
    def not_learned(self) -> bool:
        """Return whether something is wrong for sure: at the baseline or diverged."""
        return self.word in ("baseline", "diverged")


def keras_outcome(losses: Array, start: Evaluation | None, end: Evaluation | None) -> Outcome:
    """The outcome of a training, from the loss of each training batch, [step], and the evaluations before the first and after the last."""
    start_score, score = (evaluation.score if evaluation else np.nan for evaluation in (start, end))
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        return Outcome("diverged", score, start_score, f"the loss is not finite since step {bad[0] + 1}")
    if not len(losses) and end is None:
        return Outcome("unknown", np.nan, np.nan, NO_STEPS)
    if end is None:
        return Outcome("unknown", np.nan, np.nan, OWN_LOSS)
    if not np.isfinite(end.loss).all():
        return Outcome("diverged", score, start_score, "the loss is not finite at the end of training")
    figures = f"loss {end.loss.mean():.4g}, of the best constant prediction {end.constant.mean():.4g}"
    if end.constant.mean() <= 0:
        return Outcome("unknown", np.nan, np.nan, f"{figures}; a loss that can be below zero has no score")
    from scipy.stats import ttest_1samp  # here, since it takes long to import and trials do not need it

    gains = end.constant - end.loss
    small = len(gains) > 1 and score >= SMALL_GAIN and ttest_1samp(gains, 0, alternative="greater").pvalue < SIGNIFICANT
    word = "learning" if score >= AT_BASELINE_SCORE or small else "baseline"
    return Outcome(word, score, start_score, f"{figures}: score {round(score, 2) + 0.0:.2f}")
