"""The unmitigated recipe, against which all others are compared."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="none",
    summary="plain SGD, tanh, Gaussian recurrent weights, no clipping, the whole sequence backpropagated",
    against="-",
    reference="-",
    position=1,
    rows="S8, S9, S10",
    change=dict,
)
