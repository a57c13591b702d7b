"""Little gradient from the start: a larger learning rate is the first thing to try, since what arrives is small but not gone.

Clipping bounds the steps that are then too long; at the same rate it changes nothing, since so little gradient never meets its threshold.
RMSprop rescales what is small.

A Keras model has no such finding: where its information is, is not known, so what little comes back to its first steps is `vanished`.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import Rule, TrialRule
from unvanish.suite.experiment.trial import Event
from unvanish.suite.tables.measurements import Series

WEAK = 1e-2  # share of the gradient that reaches the information's step, before training and ever since


def in_trial(facts, measured):
    """Little of the gradient reached the information's step from the beginning, and at no probe more."""
    ratios = reaching_information(facts, measured).value
    if not ratios.size or not ratios.max() < WEAK or ratios[0] == 0:
        return None
    way = f"gradient {facts.task.information_distance} steps back / at the end"
    return Event("weak", 0, f"{way} {ratios[0]:.1e} before training, at most {ratios.max():.1e} < {WEAK:g}")


def reaching_information(facts, measured):
    """The gradient at the information's step relative to that at the end, at each probe.

    A probe whose gradients are not finite says nothing of how far they reach; it counts as reaching fully, so that it is
    never taken for a gradient that has vanished.
    """
    steps, ratios = measured.reaching(facts.task.information_distance)
    return Series(steps, np.where(np.isfinite(ratios), ratios, 1.0))


FIRST_TO_TRY = "a larger learning rate is the first thing to try, with clipping against steps that are then too long"
MEANING = f"before training, the gradient at the information's step is below {WEAK:g} of that at the end, and it stays there; {FIRST_TO_TRY}"
RULE = Rule("weak", TrialRule(3, in_trial, MEANING))
