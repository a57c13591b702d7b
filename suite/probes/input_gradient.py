"""How much of the error reaches each input: the norm of dL/d(input) against the number of steps back, which any model has."""

from __future__ import annotations

from unvanish.suite.probes.probe import Probe, Series


def measure(seen):
    """[T, E] each."""
    if seen.cell is not None and seen.cell.memoryless:
        return {}
    return {"input_norm": seen.from_last[-1], "total_input_norm": seen.from_all[-1]}


PROBE = Probe(
    name="input_gradient",
    position=2,
    series={
        "input_norm": Series("norm of the gradient of the last step's loss with respect to the input there, mean over the probe sequences", "loss a unit"),
        "total_input_norm": Series("norm of the gradient of all losses together with respect to the input there", "loss a unit"),
    },
    measure=measure,
)
