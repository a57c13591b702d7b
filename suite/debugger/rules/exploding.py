"""A gradient that grows on its way back, through time or through layers, or a spike of it that throws the recurrent weights far away.

The spike has to come after steps of an ordinary length: where all of them are long, the learning rate is too high.
"""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found
from unvanish.suite.debugger.through_time import first_to_last_layer, reaching_first
from unvanish.suite.diagnosis.events import RATE_TOO_HIGH

GROWTH = 100.0  # first steps over last steps, or first over last layer
FAR, SUDDEN = 0.2, 10.0  # of the norm of the recurrent weights within a few steps, and times what had been the median until then
ORDINARY = 5  # as many readings before it


def look(record, outcome):
    if not outcome.not_learned:
        return None
    thrown = spike(record)
    if thrown is not None:
        return thrown
    for probe in record.probes:
        if any(update.total > RATE_TOO_HIGH for update in record.updates if update.step < probe.step):
            return None  # what grows after steps that long is their consequence
        growth = reaching_first(probe)
        if growth and max(growth.values()) > GROWTH:
            name = max(growth, key=growth.__getitem__)
            radius = probe.spectral_radius.get(name, np.nan)
            why = (
                f"at step {probe.step} the gradient at the first steps of {name} is {growth[name]:.3g} times "
                f"that at the last (limit {GROWTH:g}); spectral radius {radius:.2f}"
            )
            return made(record, probe.step, f"The gradient of {name} explodes on its way back through time.", f"{why}; {outcome.sentence}.")
        layers = first_to_last_layer(record, probe)
        if layers > GROWTH:
            why = f"at step {probe.step} the gradient of the first layer is {layers:.3g} times that of the last (limit {GROWTH:g}); {outcome.sentence}."
            return made(record, probe.step, "The gradient explodes on its way back through the layers.", why)
        if not np.isfinite(probe.gradient_norm) and record.setup.recurrent:
            why = f"the gradient norm is not finite at step {probe.step}; {outcome.sentence}."
            return made(record, probe.step, "The gradient is not finite.", why)
    return None


def spike(record):
    """The first time that a few steps threw a layer's recurrent weights far away, though those before were short; None where there was none."""
    for name, ratios in record.recurrent_ratios.items():
        far = [place for place in np.flatnonzero(np.asarray(ratios) > FAR) if place >= ORDINARY]  # a long training has many readings, and few of these
        for place in far:
            typical = float(np.median(ratios[:place]))
            if 0 < SUDDEN * typical < ratios[place]:
                step = record.recurrent_ends[place]
                why = (
                    f"by step {step} a few training steps changed the recurrent weights of {name} by {ratios[place]:.0%} of their norm, more than "
                    f"{FAR:.0%} and {SUDDEN:g} times the {typical:.2%} that were typical before"
                )
                return made(record, step, f"A spike of the gradient threw the recurrent weights of {name} far away.", f"{why}. {record_note(record, name)}")
    return None


def record_note(record, name):
    """The spectral radius before and after, where it was measured."""
    radii = [probe.spectral_radius[name] for probe in record.probes if name in probe.spectral_radius]
    return f"Their spectral radius was {radii[0]:.2f} before training and is {radii[-1]:.2f} now." if len(radii) > 1 else ""


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
