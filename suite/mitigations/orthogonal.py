"""Recurrent weights that start orthogonal."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="orthogonal",
    summary="recurrent weights start as orthogonal matrices (one a gate), whose powers neither grow nor shrink",
    against="both",
    reference="Saxe et al. 2014",
    position=10,
    change=lambda: {"recurrent_start": "orthogonal"},
    not_applicable=lambda model: None if model.recurrent else "there are no recurrent weights",
)
