"""A network whose output depends on the current input alone."""

import numpy as np

from unvanish.suite.models.cell import Cell, Gate
from unvanish.suite.models.model import Weights


class Feedforward(Cell):
    """h(t) = g(x(t) W + b), without a state (the source document, S1)."""

    name = "feedforward"
    summary = "sees the current input only; must land on every task's memoryless baseline"
    reference = "the source document, S1"
    source_rows = "S1"
    position = 1
    keras_class = "Dense"
    recurrent = False
    memoryless = True
    gates = (Gate("hidden", "activation", recurrent=False),)

    def combine(self, gates, states, activation):
        return tuple(gates)

    def keras_weights(self, weights: Weights) -> list[np.ndarray]:
        return [weights["kernel"], weights["bias"]]


MODEL = Feedforward()
