"""The gated recurrent unit."""

import numpy as np

from unvanish.suite.models.cell import Cell, Gate


class Gru(Cell):
    """Cho et al. (2014) in the form that Keras calls reset_after; gates in Keras' order z, r, h.

    z, r = sigmoid(x W + b + h U + b');  h(t) = z h(t-1) + (1 - z) g(x W_h + b_h + r (h U_h + b'_h)).
    """

    name = "gru"
    summary = "gated recurrent unit: update and reset gates on the state itself"
    reference = "Cho et al. 2014; the source document, S12"
    source_rows = "S12"
    claim = "Against vanishing: GRU."
    position = 4
    keras_class = "GRU"
    recurrent = True
    gates = (
        Gate("update", "sigmoid", keeps=1),
        Gate("reset", "sigmoid"),
        Gate("candidate of the input", "identity", recurrent=False),
        Gate("candidate of the state", "identity", input=False),
    )
    has_recurrent_bias = True

    def combine(self, gates, states, activation):
        z, r, candidate_input, candidate_state = gates
        (h,) = states
        return (z * h + (1 - z) * activation(candidate_input + r * candidate_state),)

    def keras_weights(self, weights):
        return [weights["kernel"], weights["recurrent_kernel"], np.stack([weights["bias"], weights["recurrent_bias"]])]


MODEL = Gru()
