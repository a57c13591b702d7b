"""A gradient that grows on its way back, through time or through layers."""

import numpy as np

from suite.diagnosis.events import RATE_TOO_HIGH
from suite.keras.finding import Rule, found
from suite.keras.through_time import first_to_last_layer, reaching_first

GROWTH = 100.0  # first steps over last steps, or first over last layer


def look(record, outcome):
    if not outcome.not_learned:
        return None
    for probe in record.probes:
        if any(earlier.total_update > RATE_TOO_HIGH for earlier in record.probes if earlier.step < probe.step):
            return None  # what grows after steps that long is their consequence
        growth = reaching_first(probe)
        if growth and max(growth.values()) > GROWTH:
            name = max(growth, key=growth.__getitem__)
            radius = probe.spectral_radius.get(name, np.nan)
            why = (
                f"at step {probe.step} the gradient at the first steps of {name} is {growth[name]:.3g} times "
                f"that at the last (limit {GROWTH:g}); spectral radius {radius:.2f}"
            )
            return made(record, probe.step, f"The gradient of {name} explodes on its way back through time.", f"{why}. {outcome.sentence}.")
        layers = first_to_last_layer(record, probe)
        if layers > GROWTH:
            why = f"at step {probe.step} the gradient of the first layer is {layers:.3g} times that of the last (limit {GROWTH:g}). {outcome.sentence}."
            return made(record, probe.step, "The gradient explodes on its way back through the layers.", why)
        if not np.isfinite(probe.gradient_norm) and record.setup.recurrent:
            why = f"the gradient norm is not finite at step {probe.step}. {outcome.sentence}."
            return made(record, probe.step, "The gradient is not finite.", why)
    return None


def made(record, step, what, why):
    return found(
        "exploding",
        record,
        step,
        what,
        why,
        "Clip the gradient by its global norm; start recurrent weights orthogonal; if the forward pass overflows, use an LSTM or GRU.",
        'keras.optimizers.SGD(learning_rate, global_clipnorm=1.0)\nkeras.layers.SimpleRNN(units, recurrent_initializer="orthogonal")\n',
    )


RULE = Rule("exploding", 50, f"the gradient grows {GROWTH:g}-fold on its way back", look)
