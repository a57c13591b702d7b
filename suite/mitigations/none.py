"""Training without a mitigation: the baseline of all comparisons."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class Unmitigated(Mitigation):
    """Plain stochastic gradient descent, w -= rate g, on a network of the model's own initial weights."""

    name = "none"
    summary = "plain SGD, tanh, Gaussian recurrent weights, no clipping, the whole sequence backpropagated"
    against = "-"
    reference = "-"
    position = 1
    source_rows = "S8, S9, S10"

    def keras_code(self, model, task):
        return KerasCode()


MITIGATION = Unmitigated
