"""ReLU that starts from the identity, with clipping: the IRNN."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="relu_identity",
    summary="ReLU, recurrent weights that start as the identity, and clipping (the IRNN)",
    against="vanishing",
    reference="Le et al. 2015",
    position=9,
    parameters={"threshold": 1.0},
    change=lambda threshold: {"activation": "relu", "recurrent_start": "identity", "clip_norm": threshold},
    not_applicable=lambda model: (
        None if model.recurrent and not model.gated else f"the identity start is defined for a plain recurrent layer, not for {model.name}"
    ),
)
