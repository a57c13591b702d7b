"""A model without a state, which can remember nothing: a control."""

from unvanish.suite.diagnosis.rule import Rule, TrialRule
from unvanish.suite.experiment.trial import Event

MEANING = "the model has no state, so no gradient goes back in time"


def in_trial(facts, measured):
    """At step 0 of any trial of such a model."""
    return Event("memoryless", 0, MEANING) if facts.memoryless else None


RULE = Rule("memoryless", TrialRule(0, in_trial, MEANING, alone=True))
