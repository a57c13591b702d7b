"""From the curves of a trial to a word for what became of it, by rules in a fixed order with thresholds stated here."""

from __future__ import annotations

import numpy as np

from suite.models import MODELS
from suite.trial import Outcome, Result, Verdict

AT_BASELINE_SCORE = 0.1  # a score below this is at the memoryless baseline
ABOVE_BASELINE = 1.005  # times the baseline's loss: more than the noise of a test set of some thousand sequences
BURST_NORM = 20.0  # times the median gradient norm: a burst
VANISHED_RATIO = 1e-3  # gradient at the information's step over the gradient at the end

DIAGNOSES = {
    "solved": "meets the task's criterion on the test set at the end of training",
    "learning": "better than the memoryless baseline, not solved",
    "exploded": "loss, gradient or weights stopped being finite, or the loss ended above the baseline's after a burst of the gradient norm",
    "truncated": "at the baseline, and truncation ends the gradient before the information's step",
    "vanished": "at the baseline, and the gradient that reaches the information's step is many times smaller than at the end",
    "memoryless": "at the baseline, as a model without state must be",
    "stalled": "at the baseline although a gradient reaches the information's step",
    "failed": "the trial could not be run to its end",
}


def judge(outcome: Outcome) -> Result:
    """The result of a finished trial: its diagnosis, score and step of solution."""
    task = outcome.trial.condition.task
    verdict = diagnose(outcome)
    solved_at = None
    if verdict.diagnosis == "solved":
        meets = [step for step, metric in zip(outcome.curve.step, outcome.curve.metric, strict=True) if task.solved(metric)]
        solved_at = int(meets[0] if meets else outcome.curve.step[-1])
    return Result(outcome.trial, "finished", verdict, task.score(outcome.loss, outcome.metric), solved_at, outcome)


def diagnose(outcome: Outcome) -> Verdict:
    """The first rule that holds. Comparisons are written so that a NaN fails towards `exploded`, never towards `solved`."""
    trial, task = outcome.trial, outcome.trial.condition.task
    score = task.score(outcome.loss, outcome.metric)
    if outcome.diverged_at is not None:
        return Verdict("exploded", f"loss, gradient or weights not finite at step {outcome.diverged_at}", outcome.diverged_at)
    if not np.isfinite([outcome.loss, outcome.metric]).all():
        return Verdict("exploded", "loss not finite at the end of training", trial.condition.budget.steps)
    if task.solved(outcome.metric):
        return Verdict("solved", f"{task.metric} {outcome.metric:.4f} >= {task.solved_at_metric:g} on the test set")
    burst = outcome.max_gradient_norm / max(outcome.median_gradient_norm, 1e-30)
    if outcome.loss > ABOVE_BASELINE * task.baseline_loss and burst > BURST_NORM:
        rule = (
            f"loss {outcome.loss:.4g} > {ABOVE_BASELINE:g} x baseline {task.baseline_loss:.4g} after a gradient norm {burst:.3g} > {BURST_NORM:g} x its median"
        )
        return Verdict("exploded", rule, int(outcome.curve.step[np.argmax(outcome.curve.gradient_norm)]))
    if score >= AT_BASELINE_SCORE:
        return Verdict("learning", f"score {score:.3f} >= {AT_BASELINE_SCORE:g}, {task.metric} {outcome.metric:.3f} < {task.solved_at_metric:g}")
    if not MODELS[trial.condition.model].recurrent:
        return Verdict("memoryless", f"score {score:.3f} < {AT_BASELINE_SCORE:g}; the model has no state")
    window = trial.condition.recipe(trial.learning_rate).truncation
    if window is not None and window <= task.information_distance:
        return Verdict(
            "truncated", f"score {score:.3f}; the gradient ends {window} steps from the end, the information is {task.information_distance} steps back", 0
        )
    ratio = outcome.gradients.norm[:, task.information_distance] / np.maximum(outcome.gradients.norm[:, 0], 1e-30)  # [probe]
    largest = float(ratio[1:].max())
    if largest < VANISHED_RATIO:
        rule = f"score {score:.3f}; gradient {task.information_distance} steps back / at the end is {largest:.1e} < {VANISHED_RATIO:g} or less"
        return Verdict("vanished", rule, int(outcome.gradients.step[np.argmax(ratio < VANISHED_RATIO)]))
    return Verdict("stalled", f"score {score:.3f}; gradient {task.information_distance} steps back / at the end reached {largest:.1e}")
