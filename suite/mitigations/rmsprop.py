"""Give each weight a step of its own size."""

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
    learning_rates = "rmsprop"

    def keras_code(self, model, task):
        return KerasCode(optimizer="RMSprop({rate}, rho=0.9, epsilon=1e-7)")

    @staticmethod
    def first_memory(weights, steps):
        import tensorflow as tf

        return (tf.zeros_like(weights),)

    @staticmethod
    def step(gradient, rate, memory, now, p):
        import tensorflow as tf

        v = RHO * memory[0] + (1 - RHO) * tf.square(gradient)
        return rate[:, None] * gradient * tf.math.rsqrt(v + EPSILON), (v,)


MITIGATION = RmsProp
