"""Units at an end of the range of tanh or sigmoid, where its slope is below a tenth (Glorot & Bengio 2010)."""

from suite.diagnosis.events import SATURATED_SHARE
from suite.keras.finding import Rule
from suite.keras.rules.dead import units


def look(record, outcome):
    if not outcome.not_learned:
        return None
    return units(record, outcome, "saturated", SATURATED_SHARE, "units are nearly always where their activation is flat", ADVICE, SNIPPET)


ADVICE = "Lower the learning rate, normalise the inputs, start with smaller weights, or put a LayerNormalization before the activation."
SNIPPET = 'keras.layers.Dense(units)\nkeras.layers.LayerNormalization()\nkeras.layers.Activation("tanh")\n'
RULE = Rule("saturated", 64, f"at least {SATURATED_SHARE:.0%} of a layer's units are nearly always at an end of their range", look)
