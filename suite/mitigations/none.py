"""Training without a mitigation: the baseline of all comparisons."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation
from unvanish.suite.models.effect import exponential


class Unmitigated(Mitigation):
    """Plain stochastic gradient descent, w -= rate g, on a network of the model's own initial weights."""

    name = "none"
    title = "none"
    detail = "SGD, tanh"
    summary = "plain SGD, tanh, Gaussian recurrent weights, no clipping, the whole sequence backpropagated"
    against = "-"
    reference = "-"
    position = 1
    source_rows = "S8, S9, S10"

    def keras_code(self, model):
        return KerasCode()

    def explain(self, effect):
        if effect.size == "too small":
            updates = float(f"{1 / abs(effect.change):.1e}")
            number = f"{updates:,.0f}" if updates < 1e12 else f"{updates:.0e}"
            return f"The new weight is hardly different from the old one: it would take {number} such updates to move it by 1."
        if effect.size == "too large":
            far = f"The change is far too large: the weight goes from {effect.weight:.2g} to {effect.new_weight:.3g}."
            then = "the next update starts from there"
            if effect.vanished_after:
                then = "what exploded has now vanished, and the next update does not move the weight back"
            return f"{far} There its gradient is {exponential(effect.gradient_after)}: {then}."
        return f"A change of {effect.change:.1e} is neither too small nor too large: this gap is too short for the {effect.kind} gradient to show."


MITIGATION = Unmitigated
