"""Steps so long that the network cannot keep what it has learned, whatever their direction; clipping shortens none below rate x threshold.

The limit is the same for trials and Keras models. A trial has the median step of a block between two evaluations; a Keras model has single
steps, so where it does not diverge two of them must be too long. Of a model that learns, steps that long are no fault.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, TrialRule, finding, first
from unvanish.suite.experiment.trial import Event

MAX_UPDATE_RATIO = 0.1  # of the weights' norm: what a step may change
TARGET_UPDATE_RATIO = 0.01  # what the advised rate would make of the first step
MIN_DIVISOR, MAX_DIVISOR = 10, 10_000


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
    divisor = rate_divisor(training, updates[0][1])
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


def rate_divisor(training, first_ratio):
    """Return what to divide the rate by, from the length of the first step, when the weights were still those that the model started with.

    Later steps say nothing of it: once the weights have run away, so have the gradients. Nor does the error before training, which the first
    steps take away: the gradient of a squared error is in proportion to the error, so its ratio to a constant's is left out.
    """
    start = training.start
    error = float(np.sqrt(max(start.loss.mean() / start.constant.mean(), 1.0))) if start is not None and start.constant.mean() > 0 else 1.0
    wanted = first_ratio / error / TARGET_UPDATE_RATIO if np.isfinite(first_ratio) and np.isfinite(error) else MAX_DIVISOR
    return round_up(min(max(wanted, MIN_DIVISOR), MAX_DIVISOR))


def round_up(factor):
    """The next of 1, 3, 10, 30 and so on."""
    power = 10 ** int(np.floor(np.log10(factor) + 1e-9))
    return next(int(power * digit) for digit in (1, 3, 10) if power * digit >= factor * (1 - 1e-9))


MEANING = f"the median step between two evaluations changed the weights by more than {MAX_UPDATE_RATIO:g} of their norm"
RULE = Rule(
    "rate_too_high",
    TrialRule(4, in_trial, MEANING),
    KerasRule(
        600,
        in_keras,
        {f"a step changes the weights by more than {100 * MAX_UPDATE_RATIO:g} % of their norm": NOT_LEARNED},
        consequences=("dead", "saturated", "vanished", "exploded", *RESULTS),
    ),
)
