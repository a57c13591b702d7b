"""A training that ended while its loss still fell, before the model was better than a constant."""

import math

from unvanish.suite.diagnosis.course import LAST, MIN_FALL, falling
from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, finding

TARGET = 0.5  # of the constant's loss: how far the advised steps are to take it
MOST = 20  # times as many steps as were made: beyond that a larger rate is what is needed


def in_keras(training):
    """A slope below zero over the last part, of a model that is at the baseline and better than before training."""
    start, end, outcome = training.start, training.end, training.outcome
    fall = falling(training) if outcome.word == "baseline" else None
    if fall is None:
        return
    missing = max(fall.now - TARGET * float(end.constant.mean()), fall.before - fall.now) / -fall.slope
    more = max(1, math.ceil(missing / training.steps))
    steps = f"{more} times as long" if more > 1 else "twice as long"
    longer = f"Train about {steps} (the slope asks for {rounded(missing)} further steps), or raise the learning rate threefold"
    yield finding(
        training,
        "too_short",
        what=f"The loss fell from {start.loss.mean():.3g} to {end.loss.mean():.3g} and was still falling when the training ended.",
        why=f"over the last {fall.steps} of {training.steps} steps the training loss fell by {1 - fall.now / fall.before:.0%}, from {fall.before:.3g} to "
        f"{fall.now:.3g} (Theil-Sen slope, {fall.slope:.2g} a step, certain at 95 %); {outcome.sentence.split(';')[0]}.",
        advice=f"{longer}." if more <= MOST else f"Raise the learning rate tenfold: at this one the slope asks for {rounded(missing)} further steps.",
        snippet=f"model.fit(x, y, epochs={epochs(training, missing)})\n"
        if more <= MOST
        else f"keras.optimizers.{training.setup.optimizer}({training.setup.learning_rate * 10:.2g})\n",
    )


def rounded(steps):
    """The number of steps to one digit."""
    power = 10 ** max(int(math.log10(max(steps, 1))), 0)
    return int(math.ceil(steps / power) * power)


def epochs(training, missing):
    """The epochs of the whole training, with the missing steps."""
    return math.ceil((training.steps + missing) / training.steps_per_epoch) if training.steps_per_epoch else "..."


CRITERIA = {f"over the last {100 * LAST:g} % of the steps the loss still falls by {100 * MIN_FALL:g} %, with a slope that is certainly below 0": NOT_LEARNED}
RULE = Rule("too_short", keras=KerasRule(670, in_keras, CRITERIA, consequences=RESULTS))
