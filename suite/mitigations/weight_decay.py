"""Penalise large weights."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class WeightDecay(Mitigation):
    """Add strength * sum(w^2) over all kernels to the loss, as Keras' L2 does (Krogh & Hertz 1992; Pascanu et al. 2013, section 3.1)."""

    name = "weight_decay"
    summary = "a penalty on the squares of all kernels keeps the recurrent weights small, so that gradients do not grow"
    against = "exploding"
    reference = "Krogh & Hertz 1992; Pascanu et al. 2013"
    position = 14

    strength: PositiveFloat = 1e-4

    def keras_code(self, model):
        penalty = f"keras.regularizers.L2({self.strength:g})"
        return KerasCode(layer={"kernel_regularizer": penalty, "recurrent_regularizer": penalty}, output={"kernel_regularizer": penalty})

    @staticmethod
    def loss_penalty(weights, context, params):
        import tensorflow as tf

        squares = [tf.reduce_sum(tf.square(weight), axis=list(range(1, weight.shape.rank))) for name, weight in weights.items() if "kernel" in name]
        return params["strength"] * tf.add_n(squares)


MITIGATION = WeightDecay
