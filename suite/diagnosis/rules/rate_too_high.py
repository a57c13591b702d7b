"""Steps so long that the network cannot keep what it has learned, whatever their direction; clipping shortens none below rate x threshold.

The limit is the same for trials and Keras models. A trial has the median step of a block between two evaluations; a Keras model has single
steps, so where it does not diverge two of them must be too long. Of a model that learns, steps that long are no fault.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, TrialRule, finding, first
from unvanish.suite.experiment.trial import Event

MAX_UPDATE_RATIO = 0.1  # of the weights' norm: what a step may change
TARGET_UPDATE_RATIO = 0.01  # what the advised rate would make of it


def in_trial(facts, measured):
    """The first evaluation before which the median step was too long, or the divergence that came of it."""
    steps, ratios = measured.curves["step"], measured.curves["update_ratio"]
    with np.errstate(invalid="ignore"):
        long = ratios > MAX_UPDATE_RATIO
    if not long.any():
        return None
    step = min(first(steps, long), facts.diverged_at or int(steps[-1]))
    return Event("rate_too_high", step, f"the median step changed the weights by {ratios[long][0]:.0%} of their norm, more than {MAX_UPDATE_RATIO:.0%}")


def in_keras(training):
    """The first step that was measured and too long."""
    outcome, setup = training.outcome, training.setup
    if not outcome.not_learned:
        return
    updates = list(zip(*training.measured.curve("update_ratio"), strict=True))
    long = [(step, ratio) for step, ratio in updates if ratio > MAX_UPDATE_RATIO]
    if not long or (outcome.word == "baseline" and len(long) < 2):
        return
    step, ratio = long[0]
    divisor = rate_divisor(ratio)
    yield finding(
        training,
        "rate_too_high",
        what="The learning rate is too high.",
        why=f"one step at step {step} changed the weights by {ratio:.0%} of their norm, more than {MAX_UPDATE_RATIO:.0%}, at a rate of "
        f"{setup.learning_rate:g} with {setup.optimizer}; {outcome.sentence}.",
        advice=f"Divide the learning rate by {divisor}.",
        snippet=f"keras.optimizers.{setup.optimizer}({setup.learning_rate / divisor:.2g})\n",
        step=int(step),
    )


def rate_divisor(ratio):
    """A power of ten that brings a step to about a hundredth of the weights."""
    return int(10 ** np.ceil(np.log10(max(ratio, MAX_UPDATE_RATIO) / TARGET_UPDATE_RATIO))) if np.isfinite(ratio) and ratio < 1e6 else 1000


MEANING = f"the median step between two evaluations changed the weights by more than {MAX_UPDATE_RATIO:g} of their norm"
RULE = Rule(
    "rate_too_high",
    TrialRule(4, in_trial, MEANING),
    KerasRule(
        600,
        in_keras,
        {f"a step changes the weights by more than {100 * MAX_UPDATE_RATIO:g} % of their norm": NOT_LEARNED},
        consequences=("dead", "saturated", "vanished", "exploded"),
    ),
)
