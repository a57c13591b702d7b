"""A gradient of which next to nothing comes back: to the information's step, to the first steps, or to the first layers.

Of a trial it is known where the information is, so the share of the gradient that reaches it is followed over the training, and a
gradient that was small from the start is another cause, `weak`. Of a user's model the place of the information is not known: the first
steps stand for it, and the limit of `weak`, which must hold at half of the measurements, covers both causes.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, TrialRule, finding, first, until_the_end
from unvanish.suite.diagnosis.rules.weak import WEAK, reaching_information
from unvanish.suite.experiment.trial import Event

SQUASHING = ("sigmoid", "tanh", "hard_sigmoid", "softsign", "softmax")
VANISHED = 1e-3  # of the largest share that reached the information's step before; of the last layer's gradient, at the first


def in_trial(facts, measured):
    """The share of the gradient that reaches the information's step fell, and did not come back."""
    steps, ratios = reaching_information(facts, measured)
    gone = until_the_end((ratios < VANISHED * np.maximum.accumulate(ratios)) | (ratios == 0))
    if not gone.any() or ratios[0] == 0:
        return None
    step = first(steps, gone)
    way = f"gradient {facts.task.information_distance} steps back / at the end"
    return Event("vanished", step, f"{way} {ratios[~gone].max():.1e} before step {step}, {ratios[-1]:.1e} at the last")


def in_keras(training):
    """Next to nothing comes back to the first layer at any measurement, or to the first steps of a recurrent layer at half of them."""
    outcome = training.outcome
    if not outcome.not_learned:
        return
    layers = training.first_layer_to_last().value
    if not np.isnan(layers).all() and np.nanmax(layers) < VANISHED:
        why = f"the gradient of the first layer is at most {np.nanmax(layers):.1e} of that of the last, at all measurements (limit {VANISHED:g})"
        what = "The gradient vanishes on its way back through the layers."
        yield finding(training, "vanished", what, f"{why}; {outcome.sentence}.", *layer_cures(training.setup))
        return
    for layer in training.setup.recurrent:
        steps, shares = training.reaching_first(layer.name)
        if shares.size and np.median(shares) < WEAK:
            radii = training.measured.probe("spectral_radius", layer.name).value
            why = (
                f"the gradient at the first steps of {layer.name} is {np.median(shares):.1e} of that at the last (median of the measurements, "
                f"limit {WEAK:g}); spectral radius {radii[-1] if radii.size else np.nan:.2f}; {outcome.sentence}."
            )
            what = f"The gradient of {layer.name} vanishes on its way back through time."
            advice, snippet = cures(training, layer)
            yield finding(training, "vanished", what, why, advice, snippet, first(steps, shares < WEAK))
            return


def layer_cures(setup):
    """Return what to try for many layers, without what is in use already, and Keras code for it."""
    ways, code = [], ""
    if any(layer.activation in SQUASHING for layer in setup.weighted[:-1]):
        ways.append("ReLU with He's weights instead of sigmoid or tanh")
        code += 'keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")\n'
    if not any(layer.normalises for layer in setup.layers):
        ways.append("batch normalisation")
        code += "keras.layers.BatchNormalization()\n"
    ways.append("connections past layers")
    code += "x = keras.layers.Add()([x, keras.layers.Dense(units)(x)])\n" if not code else ""
    return f"Use {' or '.join(ways) if len(ways) < 3 else f'{ways[0]}, {ways[1]}, or {ways[2]}'}.", code


def cures(training, layer):
    """Return what to try for a recurrent layer, without what is in use already, and Keras code for it."""
    ways, code = [], ""
    if layer.cell == "SimpleRNNCell":
        ways += ["an LSTM or GRU instead of a SimpleRNN", "orthogonal recurrent weights"]
        code += "keras.layers.LSTM(units)\n"
    if training.setup.optimizer == "SGD":
        ways.append("RMSprop or Adam instead of SGD")
        code += "keras.optimizers.RMSprop(1e-3)\n"
    if layer.cell == "LSTMCell":
        ways.append("a forget bias that fits the lag (chrono initialisation, Tallec & Ollivier 2018)")
    ways += ["shorter sequences", "attention over the steps"]
    return f"Use {', '.join(ways[:-1])}, or {ways[-1]}.", code


MEANING = f"the gradient at the information's step, relative to that at the end, fell below {VANISHED:g} of what it had been, and stayed there"
CRITERIA = {
    f"the gradient at the first steps is below {WEAK:g} of that at the last, or at the first layer below {VANISHED:g} of that at the last layer": NOT_LEARNED
}
RULE = Rule("vanished", TrialRule(8, in_trial, MEANING), KerasRule(800, in_keras, CRITERIA, consequences=("dead", "rate_too_low", *RESULTS)))
