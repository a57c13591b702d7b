"""The vanilla recurrent network."""

from unvanish.suite.models.cell import Cell, Gate


class Rnn(Cell):
    """h(t) = g(x(t) W + h(t-1) U + b) (Elman 1990; the source document, S2)."""

    name = "rnn"
    summary = "vanilla recurrent network: the state is a function of the input and the last state"
    reference = "Elman 1990; the source document, S2"
    source_rows = "S2"
    position = 2
    keras_class = "SimpleRNN"
    recurrent = True

    gates = (Gate("state", "activation"),)

    def combine(self, gates, states, activation):
        return tuple(gates)


MODEL = Rnn()
