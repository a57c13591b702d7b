"""A small causal transformer: every time step attends to all steps before it."""

from unvanish.suite.models.keras_model import KerasModel

HEADS = 4


def positions():
    """Return a layer that adds a learned vector to each time step, [batch, time, hidden]."""
    import keras

    class Positions(keras.layers.Layer):
        def build(self, input_shape):
            self.positions = self.add_weight(name="positions", shape=input_shape[1:], initializer=keras.initializers.RandomNormal(stddev=0.02))

        def call(self, inputs):
            return inputs + self.positions

    return Positions(name="steps")


class Attention(KerasModel):
    """One block of the decoder of Vaswani et al. (2017) with learned positions: causal attention, then a position-wise network.

    Each of the two has a residual connection and is normalised before, as in Xiong et al. (2020), which trains without warm-up.
    """

    name = "attention"
    summary = "one causal transformer block: every step attends to all steps before it"
    reference = "Vaswani et al. 2017; Xiong et al. 2020"
    position = 8
    recurrent = False

    def build(self, sizes):
        import keras

        inputs = keras.Input((sizes.length, sizes.input))
        x = positions()(keras.layers.Dense(sizes.hidden, name="embedding")(inputs))
        normal = keras.layers.LayerNormalization(name="normal1")(x)
        attended = keras.layers.MultiHeadAttention(HEADS, max(1, sizes.hidden // HEADS), name="attention")(normal, normal, use_causal_mask=True)
        x = keras.layers.Add()([x, attended])
        y = keras.layers.Dense(4 * sizes.hidden, activation="relu", name="inner")(keras.layers.LayerNormalization(name="normal2")(x))
        x = keras.layers.Add()([x, keras.layers.Dense(sizes.hidden, name="outer")(y)])
        x = keras.layers.LayerNormalization(name="normal3")(x)
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(x))


MODEL = Attention()
