"""Gates that start open for as long as the sequences are."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="chrono",
    summary="forget gates (lstm) or update gates (gru) start with biases log U[1, T - 1], so memories last up to T steps",
    against="vanishing",
    reference="Tallec & Ollivier 2018",
    position=11,
    change=lambda: {"gate_bias": "chrono"},
    not_applicable=lambda model: None if model.gated else "there are no gates",
)
