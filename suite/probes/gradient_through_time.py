"""How much of the error reaches each time step: the norm of dL/d(state) against the number of steps back.

For each sequence of the probe batch it is the gradient of its own loss with respect to a state that is handed on after step t,
with the trial's truncation; what is reported is the mean over the sequences of the norm. From the loss at the last step it says
how far back an error goes; with `total_` before the name it is of all losses together, which is what training uses.
"""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series


def measure(seen):
    """[T, E] each, of a cell with a state."""
    cell = seen.cell
    if cell is None or cell.memoryless:
        return {}
    names = ["norm", *(f"{state}_norm" for state in cell.states[1:])]
    of_both = (("", seen.from_last), ("total_", seen.from_all))
    return {f"{prefix}{name}": norms[place] for prefix, norms in of_both for place, name in enumerate(names)}


PROBE = Probe(
    name="gradient_through_time",
    position=1,
    series={
        "norm": Series("norm of the gradient of the last step's loss with respect to the hidden state there, mean over the probe sequences", "loss a unit"),
        "cell_norm": Series("the same with respect to the cell of an LSTM; missing for others", "loss a unit"),
        "total_norm": Series("norm of the gradient of all losses together with respect to the hidden state there", "loss a unit"),
        "total_cell_norm": Series("the same with respect to the cell of an LSTM; missing for others", "loss a unit"),
    },
    measure=measure,
)
