"""A network that sees the current input and nothing else."""

import numpy as np

from suite.models.model import Gate, Model, Weights


class Feedforward(Model):
    """h(t) = g(x(t) W + b): what came before cannot matter (the source document, S1)."""

    name = "feedforward"
    summary = "sees the current input only; must land on every task's memoryless baseline"
    reference = "the source document, S1"
    rows = "S1"
    position = 1
    gates = (Gate("hidden", "activation", recurrent=False),)

    def combine(self, gates, states, activation):
        return tuple(gates)

    def keras_layer(self, hidden, activation, **arguments):
        import keras

        return keras.layers.Dense(hidden, activation=activation)

    def keras_weights(self, weights: Weights) -> list[np.ndarray]:
        return [weights["kernel"], weights["bias"]]


MODEL = Feedforward()
