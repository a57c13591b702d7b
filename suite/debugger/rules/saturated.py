"""Units at an end of the range of tanh or sigmoid, where its slope is below a tenth (Glorot & Bengio 2010)."""

from unvanish.suite.debugger.finding import Rule
from unvanish.suite.debugger.rules.dead import units
from unvanish.suite.diagnosis.events import SATURATED_SHARE


def look(record, outcome):
    if not outcome.not_learned:
        return None
    return units(record, outcome, "saturated", SATURATED_SHARE, "units are nearly always where their activation is flat", ADVICE, SNIPPET)


ADVICE = "Lower the learning rate, normalise the inputs, start with smaller weights, or put a LayerNormalization before the activation."
SNIPPET = 'keras.layers.Dense(units)\nkeras.layers.LayerNormalization()\nkeras.layers.Activation("tanh")\n'
RULE = Rule("saturated", 64, f"at least {SATURATED_SHARE:.0%} of a layer's units are nearly always at an end of their range", look)
