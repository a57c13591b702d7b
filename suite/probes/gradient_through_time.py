"""The norm of dL/d(state) against the number of time steps back.

For each sequence of the probe batch, L is its own loss, and the state is that after time step t; the mitigations of the trial
apply, such as truncation. The figure is the mean over the sequences of the norm. L is the loss at the last time step, which shows
how far back an error goes; with the prefix `total_` it is the sum of all losses, which training uses.
"""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series


def measure(context):
    """Return the norms, [T, E] each, for a cell with a state."""
    cell = context.cell
    if cell is None or cell.memoryless:
        return {}
    names = ["norm", "cell_norm"][: len(cell.states)]
    by_prefix = (("", context.last_loss_norms), ("total_", context.all_losses_norms))
    return {f"{prefix}{name}": norm for prefix, norms in by_prefix for name, norm in zip(names, norms[:-1], strict=True)}


PROBE = Probe(
    name="gradient_through_time",
    position=1,
    series={
        "norm": Series("norm of the gradient of the last step's loss with respect to the hidden state there, mean over the probe sequences", "loss a unit"),
        "cell_norm": Series("the same with respect to all other states together, such as the cell of an LSTM; missing where there are none", "loss a unit"),
        "total_norm": Series("norm of the gradient of all losses together with respect to the hidden state there", "loss a unit"),
        "total_cell_norm": Series("the same with respect to all other states together; missing where there are none", "loss a unit"),
    },
    measure=measure,
)
