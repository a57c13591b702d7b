"""The vanilla recurrent network."""

from suite.models.model import Gate, Model


class Rnn(Model):
    """h(t) = g(x(t) W + h(t-1) U + b): the latest input and the past are both known (Elman 1990; the source document, S2)."""

    name = "rnn"
    summary = "vanilla recurrent network: the state is a function of the input and the last state"
    reference = "Elman 1990; the source document, S2"
    rows = "S2"
    position = 2

    gates = (Gate("state", "activation"),)

    def combine(self, gates, states, activation):
        return tuple(gates)

    def keras_layer(self, hidden, activation, **arguments):
        import keras

        return keras.layers.SimpleRNN(hidden, activation=activation, **arguments)


MODEL = Rnn()
