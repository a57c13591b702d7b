"""Targets with mean 0 and standard deviation 1 over the training rows; predictions are mapped back before they are judged."""

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.output_layers import last_activation, with_last_layer
from unvanish.suite.debugger.program import Change, Fix, NotPossible

CODE = "mean, deviation = y.mean(axis=0), y.std(axis=0)\nmodel.fit(x, (y - mean) / deviation, ...)\nprediction = mean + deviation * model.predict(x)\n"
UNBOUNDED = 'keras.layers.Dense(units)  # the last layer, without an activation\nloss="mse"\n'
RELATIVE = ("percentage", "logarithmic", "poisson")  # losses that standardised targets have no place in
CAUSES = {"target_scale", "wrong_output", "wrong_loss", "rate_too_high", "exploded", "rate_too_low", "no_signal", "no_better_than_simple", "too_short"}


def propose(program):
    """For targets that are numbers, far from standardised; with a last layer without activation, since an activation may not reach them."""
    if any(reading.kind != "number" for reading in program.readings):
        return []
    if not any(is_far(target[program.training]) for target in program.targets):
        return []
    bounded = len(program.readings) == 1 and activation(program) != "linear"
    relative = any(word in name for name in names_of(program.loss) for word in RELATIVE)
    name = "standardised targets" + (" and no activation in the last layer" if bounded else "") + (" and the squared error as loss" if relative else "")

    def change(program):
        model = program.model
        if bounded:
            model = with_last_layer(program, program.model.output.shape[-1], "linear")
        changed = standardised(replace(program, model=model))
        return replace(changed, loss="mse") if relative else changed

    return [Change(name, change, CODE + (UNBOUNDED if bounded or relative else ""))]


def activation(program):
    """That of the last layer; linear where it cannot be told, so that it stays as it is."""
    try:
        return last_activation(program)
    except NotPossible:
        return "linear"


def names_of(loss):
    """The names of losses, as far as Keras knows them."""
    found = [keras.losses.get(each) for each in keras.tree.flatten(loss) if each is not None]
    return [str(getattr(each, "name", "") or getattr(each, "__name__", "")) for each in found]


def is_far(target):
    """Return whether the targets have another mean or deviation than standardised ones, by enough to matter."""
    values = target.astype(np.float64)
    return bool(values.std() > 0 and (abs(values.mean()) > 0.5 or values.std() > 2 or values.std() < 0.5))


def standardised(program):
    """The program with standardised targets, and readings that map predictions back."""
    readings, targets = [], []
    for target, reading in zip(program.targets, program.readings, strict=True):
        values = target.astype(np.float64)
        one = values.ndim == 1 or values.shape[-1] == 1
        axes = None if one else tuple(range(values.ndim - 1))
        mean, deviation = values[program.training].mean(axis=axes), values[program.training].std(axis=axes)
        deviation = np.where(deviation > 0, deviation, 1.0)
        targets.append(((values - mean) / deviation).astype(np.float32))
        readings.append(replace(reading, offset=reading.offset + reading.factor * mean, factor=reading.factor * deviation))
    y = keras.tree.pack_sequence_as(program.data.y, targets)
    return replace(program, data=replace(program.data, y=y), readings=tuple(readings))


FIX = Fix("standardise_targets", frozenset(CAUSES), propose, 12, part="targets")
