"""Replace tanh by an activation whose slope is 1 where it is active."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation
from unvanish.suite.models.effect import amount


class Relu(Mitigation):
    """max(0, x) in place of tanh (Glorot et al. 2011); where the value is above 0 its slope is 1, elsewhere 0."""

    name = "relu"
    title = "ReLU"
    detail = "g_h = max(0, z)"
    summary = "ReLU for tanh: of the state (rnn), of candidate and cell output (lstm), of the candidate (gru), as in Keras"
    against = "vanishing"
    reference = "Glorot et al. 2011; the source document, S12"
    position = 5
    source_rows = "S12"
    claim = "Against vanishing: ReLU."
    keras_activation = "relu"
    replaces = frozenset({"activation"})

    def keras_code(self, model):
        return KerasCode(layer={"activation": '"relu"'})

    def explain(self, effect):
        w, lag = effect.recurrent_weight, effect.lag
        if effect.gradient == 0:
            return "Does not help here: the state of this unit is 0 on the way, where g' is 0 too. No gradient passes, and none will while it stays 0."
        passes = f"with g' = 1 what is left of a day is W_h alone, and {w:g}^{lag} = {amount(w**lag)}"
        if effect.kind == "vanishing":
            return f"{'Helps' if effect.size == 'usable' else 'Does not help enough'}: {passes}. Without ReLU most of this gradient was lost to g'."
        return f"Does not help: {passes}. The explosion comes from W_h, and without the bend of tanh nothing bounds the state either."

    @staticmethod
    def activation(x, context, params):
        import tensorflow as tf

        return tf.nn.relu(x)

    @staticmethod
    def activation_slope(value, context, params):
        import tensorflow as tf

        return tf.cast(value > 0, tf.float32)


MITIGATION = Relu
