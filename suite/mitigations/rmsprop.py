"""Divide the update of each weight by the running size of its gradient."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation

RHO, EPSILON = 0.9, 1e-7


class RmsProp(Mitigation):
    """v <- rho v + (1 - rho) g^2; w -= rate g / sqrt(v + epsilon), as Keras does it (Tieleman & Hinton 2012)."""

    name = "rmsprop"
    summary = "each weight's step is divided by a running root mean square of its gradients (Keras' rule, rho 0.9)"
    against = "both"
    reference = "Tieleman & Hinton 2012; the source document, S11 and S12"
    position = 4
    source_rows = "S11, S12"
    replaces = frozenset({"optimizer"})
    learning_rate_grid = "rmsprop"

    def keras_code(self, model, task):
        return KerasCode(optimizer="RMSprop({rate}, rho=0.9, epsilon=1e-7)")

    @staticmethod
    def init_slots(weights, n_steps):
        import tensorflow as tf

        return (tf.zeros_like(weights),)

    @staticmethod
    def update(gradient, rate, slots, context, params):
        import tensorflow as tf

        v = RHO * slots[0] + (1 - RHO) * tf.square(gradient)
        return rate[:, None] * gradient * tf.math.rsqrt(v + EPSILON), (v,)


MITIGATION = RmsProp
