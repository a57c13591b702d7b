"""A model: any Keras model that maps [batch, time, input] to [batch, time, output], logits or values at every step."""

from unvanish.plugins import KerasModel


class Mine(KerasModel):
    """Two GRU layers, one above the other."""

    name = "mine"
    summary = "two GRU layers"
    reference = "Pascanu et al. 2014"
    recurrent = True

    def build(self, sizes):
        import keras

        inputs = keras.Input((sizes.length, sizes.input))
        x = keras.layers.GRU(sizes.hidden, return_sequences=True, name="lower")(inputs)
        x = keras.layers.GRU(sizes.hidden, return_sequences=True, name="upper")(x)
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(x))


MODEL = Mine()
