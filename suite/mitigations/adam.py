"""Update along a running mean of the gradient, divided by its running size."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


class Adam(Mitigation):
    """m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  w -= rate_t m / (sqrt(v) + epsilon), as Keras does it.

    rate_t = rate sqrt(1 - b2^t) / (1 - b1^t)  (Kingma & Ba 2015, end of section 2).
    """

    name = "adam"
    summary = "running means of the gradient and of its square, corrected for the start (Keras' rule, 0.9 and 0.999)"
    against = "both"
    reference = "Kingma & Ba 2015"
    position = 8
    replaces = frozenset({"optimizer"})
    learning_rate_grid = "adam"

    def keras_code(self, model):
        return KerasCode(optimizer="Adam({rate})")

    @staticmethod
    def init_slots(weights, context, params):
        import tensorflow as tf

        return tf.zeros_like(weights), tf.zeros_like(weights)

    @staticmethod
    def update(gradient, rate, slots, context, params):
        import tensorflow as tf

        t = tf.cast(context.step, tf.float32)
        m = BETA_1 * slots[0] + (1 - BETA_1) * gradient
        v = BETA_2 * slots[1] + (1 - BETA_2) * tf.square(gradient)
        return rate[:, None] * tf.sqrt(1 - BETA_2**t) / (1 - BETA_1**t) * m / (tf.sqrt(v) + EPSILON), (m, v)


MITIGATION = Adam
