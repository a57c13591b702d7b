"""Update along a decaying sum of all gradients."""

from typing import Annotated

from pydantic import Field

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class Momentum(Mitigation):
    """v <- beta v + rate g; w -= v, as Keras' SGD does it (Polyak 1964; Sutskever et al. 2013, equations 1 and 2)."""

    name = "momentum"
    summary = "the step is a decaying sum of all gradients so far (SGD with classical momentum)"
    against = "both"
    reference = "Sutskever et al. 2013"
    position = 13
    replaces = frozenset({"optimizer"})

    beta: Annotated[float, Field(gt=0, lt=1)] = 0.9

    def keras_code(self, model):
        return KerasCode(optimizer_arguments={"momentum": self.beta})

    @staticmethod
    def init_slots(weights, context, params):
        import tensorflow as tf

        return (tf.zeros_like(weights),)

    @staticmethod
    def update(gradient, rate, slots, context, params):
        v = params["beta"][:, None] * slots[0] + rate[:, None] * gradient
        return v, (v,)


MITIGATION = Momentum
