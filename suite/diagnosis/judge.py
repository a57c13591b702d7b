"""The outcome of a trial, its events, and the one word made of both.

Comparisons are written so that a NaN makes a trial `diverged`, never `solved`.
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.diagnosis.events import events, first
from unvanish.suite.experiment.trial import Diagnosis, Event, Result, TrainedTrial, Trial

AT_BASELINE_SCORE = 0.1  # a score below this is at the memoryless baseline

OUTCOMES = {
    "solved": "meets the task's criterion on the test set at the end of training",
    "learning": f"better than the memoryless baseline (score at least {AT_BASELINE_SCORE:g}), not solved",
    "baseline": f"at the memoryless baseline (score below {AT_BASELINE_SCORE:g})",
    "diverged": "loss, gradient or weights stopped being finite",
    "failed": "the trial could not be run to its end",
}
WORD_OF_CAUSE = {"no_state": "memoryless", "gradient_spike": "exploded"}
DIAGNOSES = {
    "solved": OUTCOMES["solved"],
    "learning": OUTCOMES["learning"],
    "exploded": "diverged, or at the baseline and the first event was a gradient spike",
    "rate_too_high": "at the baseline, and the first event was that the steps were too long for any gradient to help",
    "vanished": "at the baseline, and the first event was that the gradient to the information's step vanished",
    "weak": "at the baseline, and hardly any gradient reached the information's step from the start",
    "saturated": "at the baseline, and the first event was that most units saturated",
    "dead": "at the baseline, and the first event was that most ReLUs died",
    "truncated": "at the baseline, and truncation ends the gradient before the information's step",
    "frozen": "at the baseline, and the state was not trained: a control",
    "memoryless": "at the baseline, as a model without state must be",
    "stalled": "at the baseline, and none of these events was seen",
    "failed": OUTCOMES["failed"],
}


def judge(trained: TrainedTrial) -> Result:
    """The result of a finished trial: its diagnosis, score and step of solution."""
    task = trained.trial.condition.task
    diagnosis = diagnose(trained)
    solved_at = diagnosis.onset_step if diagnosis.outcome == "solved" else None
    return Result(trained.trial, "finished", diagnosis, task.score(trained.loss, trained.metric), solved_at, inert(trained), trained)


def failed(trial: Trial, reason: str) -> Result:
    """The result of a trial that could not be run to its end."""
    return Result(trial, "failed", Diagnosis("failed", (), "failed", reason), score=0.0)


def diagnose(trained: TrainedTrial) -> Diagnosis:
    """What a trial reached, what happened inside in order, the word for both, and the sentence with the figures that decided."""
    outcome, sentence, reached_at = reached(trained)
    found = events(trained)
    word = word_for(outcome, found)
    onset = reached_at if outcome in ("solved", "learning", "diverged") else found[0].step if found else None
    return Diagnosis(outcome, found, word, "; ".join([sentence, *(f"{event.name} since step {event.step}: {event.evidence}" for event in found)]), onset)


def word_for(outcome: str, found: tuple[Event, ...]) -> str:
    """The diagnosis: the outcome, or at the baseline the cause."""
    if outcome != "baseline":
        return "exploded" if outcome == "diverged" else outcome
    return WORD_OF_CAUSE.get(found[0].name, found[0].name) if found else "stalled"


def reached(trained: TrainedTrial) -> tuple[str, str, int | None]:
    """The outcome, a sentence with its figures, and the step since which it holds."""
    condition, curve = trained.trial.condition, trained.curve
    task = condition.task
    if trained.diverged_at is not None:
        return "diverged", f"loss, gradient or weights not finite at step {trained.diverged_at}", trained.diverged_at
    if not np.isfinite([trained.loss, trained.metric]).all():
        return "diverged", "loss not finite at the end of training", condition.budget.steps
    if task.solved(trained.metric):
        meets = np.array([task.solved(metric) for metric in curve.metric])
        return "solved", f"{task.metric} {trained.metric:.4f} >= {task.solved_at_metric:g} on the test set", since(curve.step, meets)
    score = task.score(trained.loss, trained.metric)
    if score >= AT_BASELINE_SCORE:
        sentence = f"score {score:.3f} >= {AT_BASELINE_SCORE:g}, {task.metric} {trained.metric:.3f} < {task.solved_at_metric:g}"
        return "learning", sentence, since(curve.step, curve.score >= AT_BASELINE_SCORE)
    return "baseline", f"score {score:.3f} < {AT_BASELINE_SCORE:g}", None


def since(steps: np.ndarray, holds: np.ndarray) -> int:
    """The first evaluation at which something holds; the last one where it is seen on the test set alone."""
    return first(steps, holds) if holds.any() else int(steps[-1])


def inert(trained: TrainedTrial) -> str:
    """What of its mitigations never acted on this trial; empty where all of it did."""
    condition = trained.trial.condition
    # what never acted on a trial before it diverged might have acted later
    acted_share = trained.clipped_share if trained.diverged_at is None else np.nan
    return condition.mitigations.never_active(condition.task, acted_share)
