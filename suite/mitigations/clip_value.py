"""Cut off each element of the gradient."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="clip_value",
    summary="each element of the gradient is cut off at the threshold, which also turns its direction",
    against="exploding",
    reference="Mikolov 2012",
    position=7,
    parameters={"threshold": 0.1},
    change=lambda threshold: {"clip_value": threshold},
)
