"""Steps so short that the weights hardly leave where they started."""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, finding

MIN_DISTANCE = 0.02  # of the weights' norm, all steps together
USUAL_UPDATE_RATIO = 0.003  # what the advised rate would make of a step
MAX_POWER = 6  # of ten


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
    if not (measured.probe("gradient_norm").value > 0).any() or not finite[fastest] > 0:
        return  # without a gradient no rate moves anything
    factor = rate_factor(finite[fastest])
    yield finding(
        training,
        "rate_too_low",
        what="The learning rate is too low, or the training too short.",
        why=f"the median step changed the weights of {fastest}, which moves the most, by {finite[fastest]:.1e} of their norm, "
        f"so all {training.steps} steps together by at most {finite[fastest] * training.steps:.1%} "
        f"(limit {MIN_DISTANCE:.0%}), at a rate of {setup.learning_rate:g}; {outcome.sentence}.",
        advice=f"Multiply the learning rate by {factor}; then tenfold more or less, until the loss falls.",
        snippet=f"keras.optimizers.{setup.optimizer}({setup.learning_rate * factor:.2g})\n",
    )


def rate_factor(ratio):
    """The power of ten that brings a step nearest to `USUAL_UPDATE_RATIO`, at least ten."""
    return int(10 ** np.clip(np.round(np.log10(USUAL_UPDATE_RATIO / ratio)), 1, MAX_POWER))


CRITERIA = {f"all steps together move no layer by {100 * MIN_DISTANCE:g} % of its norm": NOT_LEARNED}
RULE = Rule("rate_too_low", keras=KerasRule(660, in_keras, CRITERIA, consequences=RESULTS))
