"""RMSprop with momentum and a correction for the start."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="adam",
    summary="running means of the gradient and of its square, corrected for the start (Keras' rule, 0.9 and 0.999)",
    against="both",
    reference="Kingma & Ba 2015",
    position=8,
    change=lambda: {"optimizer": "adam"},
)
