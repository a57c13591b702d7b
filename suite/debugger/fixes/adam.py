"""Adam instead of plain gradient descent: it rescales gradients that are small or large (Kingma & Ba 2015)."""

from dataclasses import replace

import keras

from unvanish.suite.debugger.optimizers import kind
from unvanish.suite.debugger.program import Change, Fix

RATES = (1e-3, 1e-2)
CAUSES = {"vanished", "exploded", "rate_too_low", "rate_too_high", "no_signal", "optimizer_setting", "target_scale", "input_scale", "too_short", "saturated"}


def propose(program):
    """For SGD, with or without momentum."""
    if kind(program) != "SGD":
        return []

    def change(rate):
        return Change(
            f"Adam with a rate of {rate:g} instead of SGD",
            lambda program: replace(program, optimizer=keras.optimizers.Adam(rate)),
            f"keras.optimizers.Adam({rate:g})\n",
        )

    return [change(rate) for rate in RATES]


FIX = Fix("adam", frozenset(CAUSES), propose, 40, part="rate")
