"""Steps so short that the weights hardly leave where they started."""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, finding

MIN_DISTANCE = 0.02  # of the weights' norm, all steps together


def in_keras(training):
    """All steps together move even the layer that moves the most by less than this; where a gradient vanishes, the last layer still moves."""
    measured, setup, outcome = training.measured, training.setup, training.outcome
    if outcome.word != "baseline":
        return
    typical = {layer: float(np.median(measured.probe("update_ratio", layer).value)) for layer in measured.layers("update_ratio")}
    finite = {name: ratio for name, ratio in typical.items() if np.isfinite(ratio)}  # a layer of zeros has no norm to compare with
    fastest = max(finite, key=finite.__getitem__, default=None)
    if fastest is None or finite[fastest] * training.steps > MIN_DISTANCE:
        return
    yield finding(
        training,
        "rate_too_low",
        what="The learning rate is too low, or the training too short.",
        why=f"the median step changed the weights of {fastest}, which moves the most, by {finite[fastest]:.1e} of their norm, "
        f"so all {training.steps} steps together by at most {finite[fastest] * training.steps:.1%} "
        f"(limit {MIN_DISTANCE:.0%}), at a rate of {setup.learning_rate:g}; {outcome.sentence}.",
        advice="Raise the learning rate tenfold, until the loss falls.",
        snippet=f"keras.optimizers.{setup.optimizer}({setup.learning_rate * 10:.2g})\n",
    )


CRITERIA = {f"all steps together move no layer by {100 * MIN_DISTANCE:g} % of its norm": NOT_LEARNED}
RULE = Rule("rate_too_low", keras=KerasRule(660, in_keras, CRITERIA))
