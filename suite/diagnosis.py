"""From the figures of a trial to a word for what became of it: the first rule that holds, with thresholds stated here.

Comparisons are written so that a NaN fails towards `exploded`, never towards `solved`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.models import MODELS
from suite.trial import Outcome, Result, Verdict

AT_BASELINE_SCORE = 0.1  # a score below this is at the memoryless baseline
ABOVE_BASELINE = 1.05  # times the baseline's loss: more than the noise of a test set, and of steps that are a little too large
BURST_NORM = 20.0  # times the median gradient norm: a burst
DEAD_SHARE = 0.9  # of the units: too few are left to remember anything
SATURATED_SHARE = 0.5  # of the units: most of the gradient is gone after one step
VANISHED_RATIO = 1e-3  # gradient at the information's step over the gradient at the end

DIAGNOSES = {
    "solved": "meets the task's criterion on the test set at the end of training",
    "learning": f"better than the memoryless baseline (score at least {AT_BASELINE_SCORE:g}), not solved",
    "exploded": (
        f"loss, gradient or weights stopped being finite, or the loss ended above {ABOVE_BASELINE:g} times the memoryless baseline's "
        f"after a gradient norm of more than {BURST_NORM:g} times its median"
    ),
    "truncated": "at the baseline, and truncation ends the gradient before the information's step",
    "dead": f"at the baseline, with at least {DEAD_SHARE:.0%} of the ReLUs zero at every step of every probe sequence",
    "saturated": f"at the baseline, with at least {SATURATED_SHARE:.0%} of the units where tanh has a slope below a tenth, nearly all the time",
    "vanished": f"at the baseline, and the gradient that reaches the information's step stayed below {VANISHED_RATIO:g} of that at the end",
    "memoryless": "at the baseline, as a model without state must be",
    "stalled": "at the baseline although a gradient reaches the information's step",
    "failed": "the trial could not be run to its end",
}


def judge(outcome: Outcome) -> Result:
    """The result of a finished trial: its diagnosis, score and step of solution."""
    task = outcome.trial.condition.task
    verdict = diagnose(outcome)
    solved_at = verdict.since if verdict.diagnosis == "solved" else None
    return Result(outcome.trial, "finished", verdict, task.score(outcome.loss, outcome.metric), solved_at, inert(outcome), outcome)


def inert(outcome: Outcome) -> str:
    """What of the recipe never acted on this trial; empty where all of it did."""
    recipe, length = outcome.trial.condition.recipe(outcome.trial.learning_rate), outcome.trial.condition.task.length
    reasons = []
    if min(recipe.clip_norm, recipe.clip_value) < np.inf and outcome.clipped_share == 0 and outcome.diverged_at is None:
        reasons.append("clipping changed no gradient")
    if recipe.truncation is not None and recipe.truncation >= length:
        reasons.append(f"windows of {recipe.truncation} steps cut nothing of {length}")
    return "; ".join(reasons)


def diagnose(outcome: Outcome) -> Verdict:
    return next(verdict for rule in RULES if (verdict := rule(outcome)))


def diverged(outcome: Outcome) -> Verdict | None:
    if outcome.diverged_at is not None:
        return Verdict("exploded", f"loss, gradient or weights not finite at step {outcome.diverged_at}", outcome.diverged_at)
    if not np.isfinite([outcome.loss, outcome.metric]).all():
        return Verdict("exploded", "loss not finite at the end of training", outcome.trial.condition.budget.steps)
    return None


def solved(outcome: Outcome) -> Verdict | None:
    task, curve = outcome.trial.condition.task, outcome.curve
    if not task.solved(outcome.metric):
        return None
    meets = [task.solved(metric) for metric in curve.metric]
    since = first(curve.step, meets) if any(meets) else int(curve.step[-1])
    return Verdict("solved", f"{task.metric} {outcome.metric:.4f} >= {task.solved_at_metric:g} on the test set", since)


def burst(outcome: Outcome) -> Verdict | None:
    baseline = outcome.trial.condition.task.baseline_loss
    times = outcome.max_gradient_norm / max(outcome.median_gradient_norm, np.finfo(float).tiny)
    if not (outcome.loss > ABOVE_BASELINE * baseline and times > BURST_NORM):
        return None
    rule = f"loss {outcome.loss:.4g} > {ABOVE_BASELINE:g} x baseline {baseline:.4g} after a gradient norm {times:.3g} > {BURST_NORM:g} x its median"
    return Verdict("exploded", rule, int(outcome.curve.step[np.nanargmax(outcome.curve.gradient_norm)]))


def learning(outcome: Outcome) -> Verdict | None:
    task, curve = outcome.trial.condition.task, outcome.curve
    score = score_of(outcome)
    if score < AT_BASELINE_SCORE:
        return None
    rule = f"score {score:.3f} >= {AT_BASELINE_SCORE:g}, {task.metric} {outcome.metric:.3f} < {task.solved_at_metric:g}"
    learns = curve.score >= AT_BASELINE_SCORE
    return Verdict("learning", rule, first(curve.step, learns) if learns.any() else int(curve.step[-1]))


def memoryless(outcome: Outcome) -> Verdict | None:
    if MODELS[outcome.trial.condition.model].recurrent:
        return None
    return Verdict("memoryless", f"score {score_of(outcome):.3f} < {AT_BASELINE_SCORE:g}; the model has no state", 0)


def truncated(outcome: Outcome) -> Verdict | None:
    condition, distance = outcome.trial.condition, outcome.trial.condition.task.information_distance
    window = condition.recipe(outcome.trial.learning_rate).truncation
    if window is None or window > distance:
        return None
    return Verdict("truncated", f"score {score_of(outcome):.3f}; the gradient ends {window} steps from the end, the information is {distance} steps back", 0)


def units(diagnosis: str, what: str, threshold: float) -> Callable[[Outcome], Verdict | None]:
    """A rule for a share of units at the last probe; its onset is the first of the probes that were above the threshold until then."""

    def rule(outcome: Outcome) -> Verdict | None:
        shares = getattr(outcome.probes, f"{diagnosis}_share")
        if not shares[-1] >= threshold:
            return None
        text = f"score {score_of(outcome):.3f}; {shares[-1]:.0%} >= {threshold:.0%} of the units are {what}"
        return Verdict(diagnosis, text, first(outcome.probes.step, np.logical_and.accumulate(shares[::-1] >= threshold)[::-1]))

    return rule


def vanished(outcome: Outcome) -> Verdict | None:
    distance = outcome.trial.condition.task.information_distance
    ratios = outcome.probes.reaching(distance)  # [probe], the first of them before training
    if not np.isfinite(ratios).all():
        return Verdict("exploded", "gradient through time not finite at a probe", first(outcome.probes.step, ~np.isfinite(ratios)))
    if not ratios[1:].max() < VANISHED_RATIO:
        return None
    rule = f"score {score_of(outcome):.3f}; gradient {distance} steps back / at the end at most {ratios[1:].max():.1e} < {VANISHED_RATIO:g}"
    return Verdict("vanished", rule, first(outcome.probes.step, ratios < VANISHED_RATIO))


def stalled(outcome: Outcome) -> Verdict:
    distance = outcome.trial.condition.task.information_distance
    ratio = outcome.probes.reaching(distance)[1:].max()
    return Verdict("stalled", f"score {score_of(outcome):.3f}; gradient {distance} steps back / at the end reached {ratio:.1e}")


RULES: tuple[Callable[[Outcome], Verdict | None], ...] = (
    diverged,
    solved,
    burst,
    learning,
    memoryless,
    truncated,
    units("dead", "ReLUs that are always zero", DEAD_SHARE),
    units("saturated", "nearly always where tanh is flat", SATURATED_SHARE),
    vanished,
    stalled,
)


def score_of(outcome: Outcome) -> float:
    return outcome.trial.condition.task.score(outcome.loss, outcome.metric)


def first(steps: NDArray[np.int64], holds: ArrayLike) -> int:
    """The first step at which something holds that holds at one of them."""
    return int(steps[np.argmax(holds)])
