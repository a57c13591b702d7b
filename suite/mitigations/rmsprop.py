"""Adapt the learning rate of each weight to the size of its gradients."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="rmsprop",
    summary="each weight's step is divided by a running root mean square of its gradients (Keras' rule, rho 0.9)",
    against="both",
    reference="Tieleman & Hinton 2012; the source document, S11 and S12",
    position=4,
    rows="S11, S12",
    change=lambda: {"optimizer": "rmsprop"},
)
