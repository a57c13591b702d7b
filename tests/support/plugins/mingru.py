"""The minimal GRU."""

from unvanish.plugins import Cell, Gate


class MinimalGru(Cell):
    """z = sigmoid(x W_z + b_z);  h(t) = (1 - z) h(t-1) + z (x W_h + b_h)  (Feng et al. 2024)."""

    name = "mingru"
    summary = "a GRU whose gate and candidate depend on the input alone"
    reference = "Feng et al. 2024"
    recurrent = True
    gates = (Gate("update", "sigmoid", recurrent=False, keeps=-1), Gate("candidate", "identity", recurrent=False))

    def combine(self, gates, states, activation):
        z, candidate = gates
        return ((1 - z) * states[0] + z * candidate,)


MODEL = MinimalGru()
