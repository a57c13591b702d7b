"""Divide the update of each weight by the running size of its gradient."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation
from unvanish.suite.models.effect import exponential

RHO, EPSILON = 0.9, 1e-7


class RmsProp(Mitigation):
    """v <- rho v + (1 - rho) g^2; w -= rate g / sqrt(v + epsilon), as Keras does it (Tieleman & Hinton 2012)."""

    name = "rmsprop"
    title = "RMSprop"
    detail = "rho 0.9, first update"
    summary = "each weight's step is divided by a running root mean square of its gradients (Keras' rule, rho 0.9)"
    against = "both"
    reference = "Tieleman & Hinton 2012; the source document, S11 and S12"
    position = 4
    source_rows = "S11, S12"
    claim = "Against both: RMSprop."
    rescues_at_best_rate = frozenset({"exploded", "rate_too_high", "weak", "saturated"})  # it bounds a long step and rescales a small one
    replaces = frozenset({"optimizer"})
    learning_rate_grid = "rmsprop"

    def keras_code(self, model):
        return KerasCode(optimizer="RMSprop({rate}, rho=0.9, epsilon=1e-7)")

    def explain(self, effect):
        plain = effect.plain
        if effect.kind == "vanishing":
            longer = f"{abs(effect.change / plain.change):,.0f} times as long (epsilon allows {EPSILON**-0.5:,.0f} times at most)"
            if effect.size == "usable":
                return f"Rescales: the gradient that arrives is the same, the step {longer}. That is usable, if noise in the gradient is smaller still."
            return f"Does not help enough: the gradient that arrives is the same, the step {longer}. That is still too small."
        return (
            f"Rescales: a first step is at most {(1 - RHO) ** -0.5:.2f} times the learning rate, however large the gradient. The weight moves by "
            f"{abs(effect.change):.2g} instead of {abs(plain.change):.3g}; its next gradient is {exponential(effect.gradient_after)}"
            f"{', as good as vanished: at this rate it is still too far' if effect.vanished_after else ''}."
        )

    @staticmethod
    def init_slots(weights, context, params):
        import tensorflow as tf

        return (tf.zeros_like(weights),)

    @staticmethod
    def update(gradient, rate, slots, context, params):
        import tensorflow as tf

        v = RHO * slots[0] + (1 - RHO) * tf.square(gradient)
        return rate[:, None] * gradient * tf.math.rsqrt(v + EPSILON), (v,)


MITIGATION = RmsProp
