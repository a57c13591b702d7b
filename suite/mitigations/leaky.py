"""Leaky integrator units."""

from typing import Annotated

from pydantic import Field

from unvanish.suite.mitigations.mitigation import Mitigation


class Leaky(Mitigation):
    """h(t) = (1 - leak) h(t-1) + leak h'(t) where h' is the state that the cell computes (Jaeger et al. 2007; Bengio et al. 2013, section 3.2)."""

    name = "leaky"
    summary = "each unit keeps a part of its last value, so that gradients go back along it without the recurrent weights"
    against = "vanishing"
    reference = "Jaeger et al. 2007; Bengio et al. 2013"
    position = 19
    replaces = frozenset({"new states"})

    leak: Annotated[float, Field(gt=0, lt=1)] = 0.2

    def not_applicable(self, model):
        plain = model.recurrent and not model.gated
        return None if plain else ("there is no state to keep a part of" if not model.recurrent else "gates already decide how much of the state is kept")

    @staticmethod
    def transform_states(new, old, context, params):
        leak = params["leak"][:, None, None]
        return tuple((1 - leak) * before + leak * proposed for before, proposed in zip(old, new, strict=True))


MITIGATION = Leaky
