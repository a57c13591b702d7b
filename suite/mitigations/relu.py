"""ReLU in place of tanh."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="relu",
    summary="ReLU for tanh: of the state (rnn), of candidate and cell output (lstm), of the candidate (gru), as in Keras",
    against="vanishing",
    reference="Glorot et al. 2011; the source document, S12",
    position=5,
    rows="S12",
    change=lambda: {"activation": "relu"},
)
