"""Replace tanh by an activation whose slope is 1 where it is active."""

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation


class Relu(Mitigation):
    """max(0, x) in place of tanh (Glorot et al. 2011); where the value is above 0 its slope is 1, elsewhere 0."""

    name = "relu"
    summary = "ReLU for tanh: of the state (rnn), of candidate and cell output (lstm), of the candidate (gru), as in Keras"
    against = "vanishing"
    reference = "Glorot et al. 2011; the source document, S12"
    position = 5
    source_rows = "S12"
    keras_activation = "relu"
    replaces = frozenset({"activation"})

    def not_applicable(self, model):
        return None if model.has_activation else "there is no activation to replace"

    def keras_code(self, model, task):
        return KerasCode(layer={"activation": '"relu"'})

    @staticmethod
    def activation(x, params):
        import tensorflow as tf

        return tf.nn.relu(x)

    @staticmethod
    def activation_slope(value, params):
        import tensorflow as tf

        return tf.cast(value > 0, tf.float32)


MITIGATION = Relu
