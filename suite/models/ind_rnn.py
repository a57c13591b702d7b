"""A recurrent network whose units depend on their own past only."""

from unvanish.suite.models.keras_model import KerasModel


def independent_cell(hidden: int, length: int):
    """Return the cell h(t) = relu(x W + b + u * h(t-1)) for `keras.layers.RNN`; the vector u starts uniform in [0, 2^(1/length)]."""
    import keras

    class IndependentCell(keras.layers.Layer):
        state_size = output_size = hidden

        def build(self, input_shape):
            self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], hidden), initializer="glorot_uniform")
            self.recurrent = self.add_weight(name="recurrent", shape=(hidden,), initializer=keras.initializers.RandomUniform(0.0, 2 ** (1 / length)))
            self.bias = self.add_weight(name="bias", shape=(hidden,), initializer="zeros")

        def call(self, inputs, states):
            h = keras.ops.relu(keras.ops.matmul(inputs, self.kernel) + self.bias + self.recurrent * states[0])
            return h, [h]

    return IndependentCell(name="cell")


class IndRnn(KerasModel):
    """Li et al. (2018), one layer, without the bound on u during training."""

    name = "ind_rnn"
    summary = "independently recurrent network: ReLU units, each with one recurrent weight of its own"
    reference = "Li et al. 2018"
    position = 6
    recurrent = True

    def build(self, sizes):
        import keras

        inputs = keras.Input((sizes.length, sizes.input))
        states = keras.layers.RNN(independent_cell(sizes.hidden, sizes.length), return_sequences=True, name="layer")(inputs)
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(states))


MODEL = IndRnn()
