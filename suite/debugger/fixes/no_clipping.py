"""Gradients that are not clipped, where the threshold is so low that nothing moves."""

from unvanish.suite.debugger.optimizers import inner, kind, rate, with_settings
from unvanish.suite.debugger.program import Change, Fix


def propose(program):
    """For optimizers that clip."""
    optimizer = inner(program.optimizer)
    if all(getattr(optimizer, name, None) is None for name in ("clipnorm", "global_clipnorm", "clipvalue")):
        return []
    return [
        Change(
            "gradients not clipped",
            lambda program: with_settings(program, global_clipnorm=None, clipnorm=None, clipvalue=None),
            f"keras.optimizers.{kind(program)}({rate(program):g})\n",
        )
    ]


FIX = Fix("no_clipping", frozenset({"optimizer_setting", "rate_too_low"}), propose, 10)
