"""A gradient of which next to nothing comes back to the first steps, or to the first layers."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found
from unvanish.suite.debugger.through_time import first_to_last_layer, reaching_first
from unvanish.suite.diagnosis.events import VANISHED, WEAK

LAYERS = VANISHED  # first over last layer


def look(record, outcome):
    if not outcome.not_learned:
        return None
    layers = [first_to_last_layer(record, probe) for probe in record.probes]
    if layers and np.nanmax([*layers, -1]) < LAYERS and not np.isnan(layers).all():
        why = (
            f"the gradient of the first layer is at most {np.nanmax(layers):.1e} of that of the last, at all measurements (limit {LAYERS:g}); "
            f"{outcome.sentence}."
        )
        return found("vanishing", record, 0, "The gradient vanishes on its way back through the layers.", why, LAYER_ADVICE, LAYER_SNIPPET)
    for layer in record.setup.recurrent:
        shares = [reaching_first(probe).get(layer.name, 1.0) for probe in record.probes]
        if np.median(shares) < WEAK:
            since = next(probe.step for probe, share in zip(record.probes, shares, strict=True) if share < WEAK)
            radius = record.probes[-1].spectral_radius.get(layer.name, np.nan)
            why = (
                f"the gradient at the first steps of {layer.name} is {np.median(shares):.1e} of that at the last (median of the measurements, limit {WEAK:g}); "
                f"spectral radius {radius:.2f}; {outcome.sentence}."
            )
            return found("vanishing", record, since, f"The gradient of {layer.name} vanishes on its way back through time.", why, *cures(record, layer))
    return None


LAYER_ADVICE = "Use ReLU with He's weights instead of sigmoid or tanh, batch normalisation, or connections past layers."
LAYER_SNIPPET = 'keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")\n'


def cures(record, layer):
    """What to try for a recurrent layer, without what is in use already, and Keras code for it."""
    ways, code = [], ""
    if layer.cell == "SimpleRNNCell":
        ways += ["an LSTM or GRU instead of a SimpleRNN", "orthogonal recurrent weights"]
        code += "keras.layers.LSTM(units)\n"
    if record.setup.optimizer == "SGD":
        ways.append("RMSprop or Adam instead of SGD")
        code += "keras.optimizers.RMSprop(1e-3)\n"
    if layer.cell == "LSTMCell":
        ways.append("a forget bias that fits the lag (chrono initialisation, Tallec & Ollivier 2018)")
    ways += ["shorter sequences", "attention over the steps"]
    return f"Use {', '.join(ways[:-1])}, or {ways[-1]}.", code


RULE = Rule("vanishing", 80, "next to none of the gradient comes back to the first steps or layers", look)
