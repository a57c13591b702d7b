"""Units at an end of the range of tanh or sigmoid, where its slope is below a tenth of its largest (Glorot & Bengio 2010).

The same share of the units of a trial's layer and of any layer of a Keras model but the last with weights, whose units are outputs.
"""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, TrialRule
from unvanish.suite.diagnosis.rules.dead import event, in_layer

SATURATED_SHARE = 0.5  # of the units: most of the gradient is gone after one step
FROM_THE_START = "Start with smaller weights, normalise the inputs, or put a LayerNormalization before the activation."
SINCE = "Lower the learning rate: they became so during the training. Or put a LayerNormalization before the activation."
SNIPPET = 'keras.layers.Dense(units)\nkeras.layers.LayerNormalization()\nkeras.layers.Activation("tanh")\n'


def in_trial(facts, measured):
    """The probe from which on at least this share of the units is saturated."""
    return event("saturated", measured.probe("saturated_share"), SATURATED_SHARE, "units nearly always where tanh is flat")


def in_keras(training):
    """The first layer with at least this share of saturated units at the last measurement."""
    yield from in_layer(training, "saturated", SATURATED_SHARE, "units are nearly always where their activation is flat", (FROM_THE_START, SINCE), SNIPPET)


MEANING = f"at least {100 * SATURATED_SHARE:g} % of the units are nearly always where tanh has a slope below a tenth, until the end"
CRITERIA = {f"at least {100 * SATURATED_SHARE:g} % of a layer's units are nearly always where tanh or sigmoid is flat": NOT_LEARNED}
RULE = Rule("saturated", TrialRule(7, in_trial, MEANING), KerasRule(640, in_keras, CRITERIA, consequences=("rate_too_low", "vanished", *RESULTS)))
