"""A sound training that learns nothing that holds: the inputs may say nothing of the targets."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found
from unvanish.suite.debugger.record import Record


def look(record: Record, outcome):
    from unvanish.suite.debugger.rules import RULES

    if outcome.word == "unknown" or record.end is None:
        return None
    constant = float(record.end.constant.mean())
    if record.validation and np.nanmin(record.validation) > constant and outcome.word == "learning":
        why = (
            f"the validation loss is never below {np.nanmin(record.validation):.4g}, that of the best constant prediction is {constant:.4g}; "
            f"{outcome.sentence} on the training data."
        )
        return made(record, "What is learned holds for the training data alone.", why)
    if outcome.word != "baseline" or any(rule.look(record, outcome) for rule in RULES if rule.name != "no_signal"):
        return None
    return made(record, "The model learns nothing, and no other rule says why.", f"{outcome.sentence}; gradients, units and steps are within their limits.")


def made(record, what, why):
    return found(
        "no_signal",
        record,
        0,
        what,
        why,
        "Check that each target belongs to its input (shuffled apart, shifted by a row, cut at different places); try to fit ten samples.",
        "model.fit(x[:10], y[:10], epochs=300)  # a sound model fits these\n",
    )


RULE = Rule("no_signal", 90, "nothing is learned, and no other rule says why", look)
