"""Long short-term memory."""

import numpy as np

from unvanish.suite.models.cell import Cell, Gate
from unvanish.suite.models.effect import amount


class Lstm(Cell):
    """Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000), no peepholes; gates in Keras' order i, f, c, o.

    i, f, o = sigmoid(x W + h U + b);  c(t) = f c(t-1) + i g(x W_c + h U_c + b_c);  h(t) = o g(c(t)).
    """

    name = "lstm"
    summary = "long short-term memory: a cell that input, forget and output gates protect; forget bias 1"
    reference = "Hochreiter & Schmidhuber 1997; Gers et al. 2000; the source document, S12"
    source_rows = "S12"
    claim = "Against vanishing: LSTM."
    rescues = rescues_at_best_rate = frozenset({"exploded", "rate_too_high", "weak", "vanished", "saturated"})
    title = "LSTM"
    detail = "forget bias 1"
    position = 3
    keras_class = "LSTM"
    recurrent = True
    gates = (Gate("input", "sigmoid", keeps=-1), Gate("forget", "sigmoid", keeps=1), Gate("candidate", "activation"), Gate("output", "sigmoid"))
    states = ("hidden", "cell")

    def combine(self, gates, states, activation):
        i, f, candidate, o = gates
        c = f * states[1] + i * candidate
        return o * activation(c), c

    def initial_bias(self, sizes):
        rest = np.zeros(sizes.hidden)
        return np.concatenate([rest, np.ones(sizes.hidden), rest, rest])

    def explain(self, effect):
        return (
            f"{'Helps' if effect.size == 'usable' else 'Does not help enough'}: a day multiplies the cell's gradient by the forget gate, here "
            f"{1 / (1 + np.exp(-1)):.2f}, and adds what passes through the candidate. At the exercise the gradient is {amount(effect.carried)} times "
            f"that of the last day, where it was {amount(effect.plain.carried)} times."
        )


MODEL = Lstm()
