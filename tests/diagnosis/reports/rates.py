"""Programs that explode, whose learning rate is too high or too low, or whose optimizer has a setting that stops it."""

import numpy as np
from keras import Input, Model, Sequential, initializers, layers, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/keras-team/keras/issues/2194", "exploded")
def relu_lstm_over_long_sentences():
    """An LSTM with ReLU in place of tanh and large recurrent weights grows over the steps of long sentences, beyond what float32 holds."""
    random = np.random.default_rng(2194)
    lengths = random.integers(40, 61, 400)
    x = random.normal(size=(400, 60, 8)).astype("float32")
    classes = x[:, :40, 0].sum(axis=1) > 0
    x[np.arange(60) >= lengths[:, None]] = 0
    y = np.eye(2, dtype="float32")[classes.astype(int)]
    for activation in ("relu", "tanh"):
        scale = 10.0 if activation == "relu" else 1.0
        lstm = layers.LSTM(24, activation=activation, recurrent_initializer=initializers.Orthogonal(scale))
        model = Sequential([Input((60, 8)), layers.Masking(), lstm, layers.Dropout(0.2), layers.Dense(2, activation="softmax")])
        yield training(model, data.split(x, y), "categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=8)


@report("https://github.com/keras-team/keras/issues/15912", "exploded", "not_finite_operation")
def recurrent_layer_with_an_exponential():
    """A recurrent layer has the exponential as its activation, which is fed back into itself."""
    random = np.random.default_rng(15912)
    x = random.normal(size=(500, 8, 3)).astype("float32")
    y = np.exp(x[:, -4:, 0].mean(axis=1)).astype("float32")
    for activation in ("exponential", "tanh"):
        model = Sequential([Input((8, 3)), layers.SimpleRNN(50, activation=activation), layers.Dense(1)])
        yield training(model, data.split(x, y), "mse", optimizers.Adam(0.003), epochs=12)


@report("https://github.com/keras-team/keras/issues/1285", "rate_too_high", "exploded")
def relu_network_at_a_rate_of_two_tenths():
    """A recurrent network with ReLU and SGD at 0.2 with momentum 0.9 is at the most frequent class from the first epoch on."""
    random = np.random.default_rng(1285)
    x = random.normal(size=(600, 12, 6)).astype("float32")
    score = x[:, -5:, 0].sum(axis=1)
    classes = (score > 1.5).astype(int) + (score > 3.5)
    y = np.eye(3, dtype="float32")[classes]
    for rate, momentum in ((0.2, 0.9), (0.01, 0.9)):
        model = Sequential([Input((12, 6)), layers.SimpleRNN(64, activation="relu"), layers.Dropout(0.2), layers.Dense(3, activation="softmax")])
        yield training(model, data.split(x, y), "categorical_crossentropy", optimizers.SGD(rate, momentum=momentum), ["accuracy"], epochs=15)


@report("https://github.com/keras-team/keras/issues/5264", "rate_too_high")
def characters_at_a_large_rate():
    """An LSTM on one-hot characters does not converge at a large rate, and does at a small one."""
    random = np.random.default_rng(5264)
    follow = random.permutation(12)
    text = np.zeros((600, 9), int)
    text[:, 0] = random.integers(0, 12, 600)
    for i in range(1, 9):
        text[:, i] = np.where(random.random(600) < 0.85, follow[text[:, i - 1]], random.integers(0, 12, 600))
    one_hot = np.eye(12, dtype="float32")[text]
    for rate in (1.0, 0.005):
        model = Sequential([Input((8, 12)), layers.LSTM(48), layers.Dense(12, activation="softmax")])
        parts = data.split(one_hot[:, :-1], one_hot[:, -1])
        yield training(model, parts, "categorical_crossentropy", optimizers.RMSprop(rate), ["accuracy"], epochs=12)


@report("https://stackoverflow.com/questions/46224598/python-keras-lstm-learning-converges-too-fast-on-high-loss", "rate_too_high", "exploded")
def three_lstms_with_sgd_at_too_high_a_rate():
    """Texts are mapped to a number by three LSTMs, whose loss stays high under SGD with momentum at too high a rate."""
    random = np.random.default_rng(46224598)
    tokens = random.integers(1, 30, (480, 10))
    value = random.uniform(0, 1, 30)
    y = value[tokens].mean(axis=1)
    y = ((y - y.min()) / np.ptp(y)).astype("float32")
    for optimizer in (optimizers.SGD(5.0, momentum=0.9), optimizers.Adam(0.005)):
        stack = layers.LSTM(16, return_sequences=True), layers.LSTM(32, return_sequences=True), layers.LSTM(16)
        model = Sequential([Input((10,)), layers.Embedding(30, 12), *stack, layers.Dense(20, activation="relu"), layers.Dense(1)])
        yield training(model, data.split(tokens, y), "mse", optimizer, epochs=10)


@report("https://stackoverflow.com/questions/48934338", "rate_too_high", "target_scale", recurrent=False)
def parabola_with_sgd_at_a_tenth():
    """A parabola up to 125 is learnt by SGD at a rate of 0.1: the loss jumps, and then every prediction is the same."""
    random = np.random.default_rng(48934338)
    x = np.arange(0.0, 5.0, 0.02, dtype="float32")[:, None]
    y = (5 * x**2 + random.normal(size=(250, 1)) ** 3).astype("float32")
    for optimizer in (optimizers.SGD(0.1), optimizers.Adam(0.02)):
        hidden = layers.Dense(50, activation="relu"), layers.Dense(30, activation="relu", kernel_initializer="random_uniform")
        model = Sequential([Input((1,)), *hidden, layers.Dense(1)])
        yield training(model, data.split(x, y), "mse", optimizer, epochs=50)


@report("https://github.com/kermitt2/delft/pull/161", "rate_too_low")
def tagger_at_a_rate_for_transformers():
    """A bidirectional LSTM that tags words is trained at the rate of a transformer by mistake."""
    random = np.random.default_rng(161)
    tokens = random.integers(1, 40, (500, 12))
    tags = (tokens < 14).astype(int)
    tags[:, 1:] = np.where((tags[:, 1:] == 1) & (tokens[:, :-1] > 30), 2, tags[:, 1:])
    for rate in (1e-5, 1e-2):
        recurrent = layers.Bidirectional(layers.LSTM(16, return_sequences=True))
        model = Sequential([Input((12,)), layers.Embedding(40, 16), recurrent, layers.TimeDistributed(layers.Dense(3, activation="softmax"))])
        yield training(model, data.split(tokens, tags), "sparse_categorical_crossentropy", optimizers.Adam(rate), ["accuracy"], epochs=8)


@report("https://github.com/tensorflow/tensorflow/issues/39432", "rate_too_low", recurrent=False)
def adadelta_at_its_new_default():
    """An autoencoder is trained with Adadelta at its default of 0.001, a thousandth of the former one."""
    x, _, new_x, _ = data.digits()
    for optimizer in ("adadelta", optimizers.Adadelta(1.0)):
        given = Input((64,))
        encoded = layers.Dense(16, activation="relu")(given)
        model = Model(given, layers.Dense(64, activation="sigmoid")(encoded))
        yield training(model, (x[:800], x[:800], new_x, new_x), "binary_crossentropy", optimizer, epochs=30)


@report("https://github.com/mlpnlp/mlpnlp-nmt/pull/4", "optimizer_setting")
def translation_with_an_epsilon_of_a_tenth():
    """Adam's epsilon is 0.1 by default in a translation program, far above the gradients' size."""
    random = np.random.default_rng(4)
    source = random.integers(0, 10, (500, 6))
    target = (source + 3) % 10
    given = np.concatenate([np.full((500, 1), 10), target[:, :-1]], axis=1)
    parts = [source[:400], given[:400]], target[:400], [source[400:], given[400:]], target[400:]
    for epsilon in (0.1, 1e-7):
        encoded, decoded = Input((6,)), Input((6,))
        memory, *state = layers.LSTM(32, return_sequences=True, return_state=True)(layers.Embedding(10, 16)(encoded))
        hidden = layers.LSTM(32, return_sequences=True)(layers.Embedding(11, 16)(decoded), initial_state=state)
        both = layers.Concatenate()([hidden, layers.Attention()([hidden, memory])])
        model = Model([encoded, decoded], layers.Dense(10, activation="softmax")(both))
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.01, epsilon=epsilon), ["accuracy"], epochs=20)


@report("https://github.com/keras-team/keras/issues/8086", "optimizer_setting", "rate_too_low")
def decay_counted_in_batches():
    """A decay meant for each epoch is applied at each batch, so the rate is near 0 after the first epoch."""
    random = np.random.default_rng(8086)
    x = random.normal(size=(600, 12, 3)).astype("float32")
    y = (x[:, -6:, 0].sum(axis=1) > x[:, -6:, 1].sum(axis=1)).astype("int32")
    for steps in (1, 30):
        rate = optimizers.schedules.InverseTimeDecay(0.2, decay_steps=steps, decay_rate=1.0)
        model = Sequential([Input((12, 3)), layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
        yield training(model, data.split(x, y), "binary_crossentropy", optimizers.SGD(rate), ["accuracy"], epochs=12, batch_size=16)


@report("https://github.com/mindee/doctr/pull/374", "optimizer_setting")
def cosine_decay_over_too_few_steps():
    """The steps of a cosine decay are divided by the batch size twice, so the rate is 0 for nearly all of the training."""
    random = np.random.default_rng(374)
    letters = random.integers(0, 6, (500, 6))
    patterns = random.normal(size=(6, 4, 8))
    lines = patterns[letters].reshape(500, 24, 8) + 0.8 * random.normal(size=(500, 24, 8))
    batches = 375 // 16
    for per_epoch in (batches // 16, batches):
        given = Input((24, 8))
        hidden = layers.Conv1D(16, 4, strides=4, activation="relu")(given)
        hidden = layers.Bidirectional(layers.LSTM(24, return_sequences=True))(hidden)
        model = Model(given, layers.Dense(6, activation="softmax")(hidden))
        rate = optimizers.schedules.CosineDecay(0.003, decay_steps=int(10 * per_epoch))
        parts = data.split(lines.astype("float32"), letters)
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(rate), ["accuracy"], epochs=10, batch_size=16)
