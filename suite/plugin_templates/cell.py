"""A model given by its cell: the gates, and the equation that combines them."""

from unvanish.plugins import Cell, Gate


class Mine(Cell):
    """h(t) = f h(t-1) + (1 - f) g(x W + h U + b): an LSTM with the forget gate alone."""

    name = "mine"
    summary = "a forget gate alone"
    reference = "van der Westhuizen & Lasenby 2018"
    recurrent = True
    gates = (Gate("forget", "sigmoid", keeps=1), Gate("candidate", "activation"))

    def combine(self, gates, states, activation):
        forget, candidate = gates
        return (forget * states[0] + (1 - forget) * candidate,)


MODEL = Mine()
