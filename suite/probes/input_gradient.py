"""The norm of dL/d(input) against the number of time steps back, for any model."""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series


def measure(context):
    """Return the norms, [T, E] each."""
    if context.cell is not None and context.cell.memoryless:
        return {}
    return {"input_norm": context.last_loss_norms[-1], "total_input_norm": context.all_losses_norms[-1]}


PROBE = Probe(
    name="input_gradient",
    position=2,
    series={
        "input_norm": Series("norm of the gradient of the last step's loss with respect to the input there, mean over the probe sequences", "loss a unit"),
        "total_input_norm": Series("norm of the gradient of all losses together with respect to the input there", "loss a unit"),
    },
    measure=measure,
)
