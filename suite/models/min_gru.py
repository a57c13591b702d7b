"""A gated recurrent unit whose gate does not depend on the state."""

from unvanish.suite.models.cell import Cell, Gate


class MinGru(Cell):
    """z = sigmoid(x W_z + b_z);  h(t) = (1 - z) h(t-1) + z (x W_h + b_h)  (Feng et al. 2024, section 3.1, without their positive candidate)."""

    name = "min_gru"
    summary = "minimal GRU: the update gate and the candidate depend on the input alone, so the state's way through time is linear"
    reference = "Feng et al. 2024"
    position = 5
    recurrent = True
    gates = (Gate("update", "sigmoid", recurrent=False, keeps=-1), Gate("candidate", "identity", recurrent=False))

    def combine(self, gates, states, activation):
        z, candidate = gates
        (h,) = states
        return ((1 - z) * h + z * candidate,)


MODEL = MinGru()
