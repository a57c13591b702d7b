"""Steps so long that the model cannot keep what it has learned."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found
from unvanish.suite.diagnosis.events import RATE_TOO_HIGH


def look(record, outcome):
    if not outcome.not_learned:
        return None
    updates = [(update.step, update.total) for update in record.updates if not np.isnan(update.total)]  # NaN once the weights are
    long = [(step, ratio) for step, ratio in updates if ratio > RATE_TOO_HIGH]
    if outcome.word == "diverged" and not long:
        # it left the finite numbers between two measurements
        long = [(step, ratio) for step, ratio in updates if not np.isfinite(ratio)]
    if not long or (outcome.word == "baseline" and len(long) < 2):
        return None
    step, ratio = long[0]
    return found(
        "rate_too_high",
        record,
        step,
        "The learning rate is too high.",
        f"one step at step {step} changed the weights by {ratio:.0%} of their norm, more than {RATE_TOO_HIGH:.0%}, at a rate of "
        f"{record.setup.learning_rate:g} with {record.setup.optimizer}; {outcome.sentence}.",
        f"Divide the learning rate by {factor(ratio)}.",
        f"keras.optimizers.{record.setup.optimizer}({record.setup.learning_rate / factor(ratio):.2g})\n",
    )


def factor(ratio):
    """A power of ten that brings a step to about a hundredth of the weights."""
    return int(10 ** np.ceil(np.log10(max(ratio, 0.1) / 0.01))) if np.isfinite(ratio) and ratio < 1e6 else 1000


RULE = Rule("rate_too_high", 60, f"a step changes the weights by more than {RATE_TOO_HIGH:.0%} of their norm", look)
