"""Gradients clipped by their global norm, which bounds the length of a step (Pascanu et al. 2013)."""

from unvanish.suite.debugger.optimizers import inner, kind, rate, with_settings
from unvanish.suite.debugger.program import Change, Fix

THRESHOLDS = (1.0, 0.1)


def propose(program):
    """For optimizers that do not clip yet."""
    optimizer = inner(program.optimizer)
    if any(getattr(optimizer, name, None) is not None for name in ("clipnorm", "global_clipnorm", "clipvalue")):
        return []

    def change(threshold):
        return Change(
            f"gradients clipped to a global norm of {threshold:g}",
            lambda program: with_settings(program, global_clipnorm=threshold, clipnorm=None, clipvalue=None),
            f"keras.optimizers.{kind(program)}({rate(program):g}, global_clipnorm={threshold:g})\n",
        )

    return [change(threshold) for threshold in THRESHOLDS]


FIX = Fix("clip_gradient", frozenset({"exploded", "rate_too_high"}), propose, 10)
