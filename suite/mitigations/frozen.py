"""A control: a recurrent state that is never trained."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="frozen",
    summary="input and recurrent weights stay as they began, only the output layer learns: what an untrained state keeps (a reservoir)",
    against="control",
    reference="Jaeger 2001",
    position=12,
    change=lambda: {"trained": "output"},
    not_applicable=lambda model: None if model.recurrent else "there is no state to keep anything",
)
