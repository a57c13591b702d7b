"""Steps so short that the weights hardly leave where they started."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found

MOVED = 0.02  # of the weights' norm, all steps together


def look(record, outcome):
    if outcome.word != "baseline":
        return None
    measured = [update.by_layer for update in record.updates]
    typical = {name: float(np.median([ratios[name] for ratios in measured])) for name in (measured[0] if measured else {})}
    finite = {name: ratio for name, ratio in typical.items() if np.isfinite(ratio)}  # a layer of zeros has no norm to compare with
    if not finite:
        return None
    fastest = max(finite, key=finite.__getitem__)  # where a gradient vanishes, the last layer still moves
    moved = finite[fastest] * record.steps
    if moved > MOVED:
        return None
    return found(
        "rate_too_low",
        record,
        0,
        "The learning rate is too low, or the training too short.",
        f"the median step changed the weights of {fastest}, which moves the most, by {finite[fastest]:.1e} of their norm, "
        f"so all {record.steps} steps together by at most {moved:.1%} "
        f"(limit {MOVED:.0%}), at a rate of {record.setup.learning_rate:g}; {outcome.sentence}.",
        "Raise the learning rate tenfold, until the loss falls.",
        f"keras.optimizers.{record.setup.optimizer}({record.setup.learning_rate * 10:.2g})\n",
    )


RULE = Rule("rate_too_low", 66, f"all steps together change the weights of no layer by {MOVED:.0%} of their norm", look)
