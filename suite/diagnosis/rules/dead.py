"""ReLUs that are never above zero, and so pass no gradient on (Lu et al. 2020).

The same share of the units of a trial's layer and of any layer of a Keras model but the last with weights, whose units are outputs. Of a model
that learns it is no fault: what is left is enough.
"""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, TrialRule, finding, first, until_the_end
from unvanish.suite.experiment.trial import Event

DEAD_SHARE = 0.9  # of the units: too few are left to remember anything
FROM_THE_START = "Start with He's weights and no negative bias, or use a leaky ReLU."
SINCE = "Lower the learning rate: they died during the training. Or use a leaky ReLU."
SNIPPET = 'keras.layers.Dense(units, kernel_initializer="he_normal")\nkeras.layers.LeakyReLU(0.1)\n'


def in_trial(facts, measured):
    """The probe from which on at least this share of the ReLUs is dead."""
    return event("dead", measured.probe("dead_share"), DEAD_SHARE, "ReLUs always zero")


def in_keras(training):
    """The first layer with at least this share of dead ReLUs at the last measurement."""
    yield from in_layer(training, "dead", DEAD_SHARE, "ReLUs are zero for every sample of the probe batch", (FROM_THE_START, SINCE), SNIPPET)


def event(cause, shares, threshold, units):
    """Most units pass no gradient on, from some probe until the last."""
    holds = until_the_end(shares.value >= threshold)
    return Event(cause, first(shares.step, holds), f"{shares.value[-1]:.0%} of the {units}") if holds.any() else None


def in_layer(training, cause, threshold, units, advice, snippet):
    """The same in the first layer of a Keras model that does not learn, but for the last one with weights.

    `advice` is what to try where it holds from the start, and where it came with the training.
    """
    if not training.outcome.not_learned:
        return
    outputs = [layer.name for layer in training.setup.weighted][-1:]
    for layer in training.setup.layers:
        shares = training.measured.probe(f"{cause}_share", layer.name)
        holds = until_the_end(shares.value >= threshold)
        if layer.name in outputs or not holds.any():
            continue
        since = first(shares.step, holds)
        why = f"{shares.value[-1]:.0%} of the units at the last measurement, at least {threshold:.0%} since step {since}; {training.outcome.sentence}."
        yield finding(training, cause, f"In {layer.name} the {units}.", why, advice[since > 0], snippet, since)
        return  # those of later layers follow from it


MEANING = f"at least {100 * DEAD_SHARE:g} % of the ReLUs are zero at every step of every probe sequence, until the end"
CRITERIA = {f"at least {100 * DEAD_SHARE:g} % of a layer's ReLUs are zero for every sample": NOT_LEARNED}
RULE = Rule("dead", TrialRule(6, in_trial, MEANING), KerasRule(620, in_keras, CRITERIA, consequences=("frozen", "rate_too_low", "vanished", *RESULTS)))
