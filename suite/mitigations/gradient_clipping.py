"""Shorten a gradient that is too long."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="gradient_clipping",
    summary="the gradient, all weights together, is scaled down to a norm of at most the threshold",
    against="exploding",
    reference="Pascanu et al. 2013; the source document, S11",
    position=3,
    rows="S11",
    parameters={"threshold": 1.0},
    change=lambda threshold: {"clip_norm": threshold},
)
