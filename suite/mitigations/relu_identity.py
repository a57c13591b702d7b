"""The IRNN: a ReLU network whose recurrent weights start as the identity."""

import numpy as np
from pydantic import PositiveFloat

from unvanish.suite.mitigations.gradient_clipping import GradientClipping
from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation
from unvanish.suite.mitigations.relu import Relu


class ReluIdentity(Mitigation):
    """ReLU, recurrent weights that start as the identity, and gradients clipped (Le et al. 2015)."""

    name = "relu_identity"
    summary = "ReLU, recurrent weights that start as the identity, and clipping (the IRNN)"
    against = "vanishing"
    reference = "Le et al. 2015"
    position = 9
    keras_activation = "relu"
    replaces = frozenset({"activation", "initial recurrent weights", "clipping by norm"})

    threshold: PositiveFloat = 1.0

    activation = staticmethod(Relu.activation)
    activation_slope = staticmethod(Relu.activation_slope)
    transform_gradient = staticmethod(GradientClipping.transform_gradient)

    def not_applicable(self, model):
        plain = model.recurrent_blocks == 1 and not model.gated and model.has_activation
        return None if plain else f"the identity start is defined for a plain recurrent layer, not for {model.name}"

    def never_active(self, task, gradient_changed_share):
        return "clipping changed no gradient" if gradient_changed_share == 0 else None

    def keras_code(self, model):
        layer = {"activation": '"relu"', "recurrent_initializer": "keras.initializers.Identity()"}
        return KerasCode(layer=layer, optimizer_arguments={"global_clipnorm": self.threshold})

    def init_weights(self, weights, context):
        return weights | {"recurrent_kernel": np.eye(context.sizes.hidden, dtype=np.float32)}


MITIGATION = ReluIdentity
