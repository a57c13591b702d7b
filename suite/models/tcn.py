"""A temporal convolutional network: no state, but a receptive field of the whole past."""

from math import ceil, log2

from unvanish.suite.models.keras_model import KerasModel


class Tcn(KerasModel):
    """Residual blocks of two causal convolutions of width 2 each, whose dilation doubles (Bai et al. 2018, section 3), without dropout and weight norm.

    There are as many blocks as it takes for the last output to depend on the first input. A convolution is written as a dense layer over
    the inputs at t and t - dilation, which is the same and compiles to a faster loop.
    """

    name = "tcn"
    summary = "temporal convolutional network: dilated causal convolutions that see the whole sequence, with residual connections"
    reference = "Bai et al. 2018"
    position = 7
    recurrent = False

    def build(self, sizes):
        import keras

        inputs = keras.Input((sizes.length, sizes.input))
        blocks = max(1, ceil(log2((sizes.length - 1) / 2 + 1)))
        x = keras.layers.Dense(sizes.hidden, name="embedding")(inputs)
        for block in range(blocks):
            y = x
            for layer in (1, 2):
                y = causal_convolution(y, sizes.hidden, dilation=2**block, name=f"block{block + 1}_convolution{layer}")
            x = keras.layers.ReLU()(keras.layers.Add()([x, y]))
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(x))


def causal_convolution(x, hidden: int, dilation: int, name: str):
    """Return relu(x(t) W_0 + x(t - dilation) W_1 + b), [batch, time, hidden]; inputs before the first step are zero."""
    import keras

    dilation = min(dilation, x.shape[1])
    earlier = keras.layers.Cropping1D((0, dilation))(keras.layers.ZeroPadding1D((dilation, 0))(x))
    return keras.layers.Dense(hidden, activation="relu", kernel_initializer="he_uniform", name=name)(keras.layers.Concatenate()([x, earlier]))


MODEL = Tcn()
