"""Programs whose loss is not finite: NaN in the data, in the weights, or from an operation."""

import numpy as np
from keras import Input, Model, Sequential, layers, ops, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/keras-team/keras/issues/2134", "not_finite_data")
def standardised_by_a_deviation_of_zero():
    """A column that never changes is divided by its deviation of 0, so it is NaN in every sample."""
    random = np.random.default_rng(2134)
    x = 5 + 3 * random.normal(size=(640, 12, 4))
    x[:, :, 2] = 7
    y = (x[:, :, 0].mean(axis=1) - 0.3 * x[:, -1, 1]).astype("float32")
    y = (y - y.mean()) / y.std()
    for small in (0.0, 1e-6):
        with np.errstate(invalid="ignore"):
            scaled = ((x - x.mean(axis=(0, 1))) / (x.std(axis=(0, 1)) + small)).astype("float32")
        model = Sequential([Input((12, 4)), layers.LSTM(24), layers.Dense(1)])
        yield training(model, data.split(scaled, y), "mse", optimizers.Adam(0.01), epochs=12, batch_size=32)


@report("https://github.com/hfawaz/InceptionTime/issues/50", "not_finite_data", recurrent=False)
def series_with_missing_values():
    """Some series of a classification have missing values, which are NaN."""
    random = np.random.default_rng(50)
    classes = random.integers(0, 3, 600)
    time = np.arange(40) / 40
    x = np.sin(2 * np.pi * (2 + 2 * classes[:, None]) * time + random.uniform(0, 6, (600, 1))) + 0.5 * random.normal(size=(600, 40))
    holes = (random.random(600) < 0.04)[:, None] & (random.random((600, 40)) < 0.3)
    for filled in (np.where(holes, np.nan, x), np.where(holes, 0, x)):
        given = Input((40, 1))
        towers = [layers.Conv1D(8, width, padding="same", activation="relu")(given) for width in (3, 7, 15)]
        hidden = layers.GlobalAveragePooling1D()(layers.BatchNormalization(momentum=0.8)(layers.Concatenate()(towers)))
        model = Model(given, layers.Dense(3, activation="softmax")(hidden))
        parts = data.split(filled[:, :, None].astype("float32"), classes)
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=15, batch_size=32)


@report("https://github.com/jaungiers/LSTM-Neural-Network-for-Time-Series-Prediction/issues/77", "not_finite_data")
def price_with_a_null():
    """One row of the prices is null, so every window over it is NaN and the loss becomes NaN in the middle of an epoch."""
    random = np.random.default_rng(77)
    wave = np.zeros(640)
    for i in range(2, 640):
        wave[i] = 1.7 * wave[i - 1] - 0.9 * wave[i - 2] + 0.3 * random.normal()
    prices = 100 + 4 * wave
    holed = prices.copy()
    holed[400] = np.nan
    known = np.flatnonzero(np.isfinite(holed))
    for series in (holed, np.interp(np.arange(640), known, holed[known])):
        windows = np.stack([series[i : i + 21] for i in range(620)])
        windows = ((windows / windows[:, :1] - 1) * 5).astype("float32")
        model = Sequential([Input((20, 1)), layers.LSTM(24, return_sequences=True), layers.Dropout(0.1), layers.LSTM(24), layers.Dense(1)])
        parts = windows[:460, :-1, None], windows[:460, -1], windows[460:, :-1, None], windows[460:, -1]
        yield training(model, parts, "mse", optimizers.Adam(0.01), epochs=12, batch_size=32, shuffle=False)


@report("https://github.com/keras-team/keras/issues/9055", "not_finite_weights")
def weights_that_begin_as_nan():
    """Many weights of a layer are NaN before the first step."""
    random = np.random.default_rng(9055)
    x = random.normal(size=(600, 10, 3)).astype("float32")
    y = (x[:, :, 0].sum(axis=1) > x[:, :, 1].sum(axis=1)).astype("int32")
    for broken in (True, False):
        model = Sequential([Input((10, 3)), layers.LSTM(16), layers.Dense(32, activation="relu"), layers.Dense(1, activation="sigmoid")])
        if broken:
            kernel, bias = model.layers[1].get_weights()
            kernel[:, random.random(32) < 0.4] = np.nan
            model.layers[1].set_weights([kernel, bias])
        yield training(model, data.split(x, y), "binary_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=12)


@report("https://github.com/Rikorose/DeepFilterNet/issues/30", "not_finite_weights")
def resumed_from_a_checkpoint_of_nan():
    """Training is resumed from the last checkpoint, which was written after the loss had become NaN."""
    random = np.random.default_rng(30)
    clean = np.sin(random.uniform(0, 6, (500, 1)) + random.uniform(0.2, 0.5, (500, 1)) * np.arange(24))
    noisy = clean + 0.5 * random.normal(size=clean.shape)
    parts = data.split(noisy[:, :, None].astype("float32"), clean[:, :, None].astype("float32"))
    for last in (np.nan, 1.0):
        given = Input((24, 1))
        hidden = layers.GRU(16, return_sequences=True)(layers.Dense(8, activation="relu")(given))
        model = Model(given, layers.TimeDistributed(layers.Dense(1))(hidden))
        model.set_weights([last * weight for weight in model.get_weights()])
        yield training(model, parts, "mse", optimizers.Adam(0.01), epochs=10)


@report("https://github.com/keras-team/keras/issues/9097", "not_finite_operation")
def distance_of_equal_sequences():
    """A siamese network takes the root of a distance that is 0 where both inputs are the same, and its gradient is not finite there."""
    random = np.random.default_rng(9097)
    classes = random.integers(0, 4, (640, 2))
    classes[::2, 1] = classes[::2, 0]
    first, second = (np.eye(4)[classes[:, [i]]].repeat(12, axis=1) + 0.5 * random.normal(size=(640, 12, 4)) for i in (0, 1))
    second[::20] = first[::20]
    same = (0.1 + 0.8 * (classes[:, 0] == classes[:, 1])).astype("float32")
    pairs = [first.astype("float32"), second.astype("float32")]
    parts = [part[:480] for part in pairs], same[:480], [part[480:] for part in pairs], same[480:]

    for small in (0.0, 0.01):
        towers = Input((12, 4)), Input((12, 4))
        shared = layers.LSTM(16)
        a, b = (shared(tower) for tower in towers)
        root = layers.Lambda(lambda ab, small=small: ops.sqrt(ops.sum(ops.square(ab[0] - ab[1]), axis=1, keepdims=True) + small))
        likeness = layers.Lambda(lambda distance: ops.exp(-distance))(root([a, b]))
        yield training(Model(list(towers), likeness), parts, "mse", optimizers.Adam(0.01), epochs=10)


@report("https://github.com/keras-team/keras/issues/13203", "not_finite_operation", recurrent=False)
def root_of_a_relu():
    """A layer takes the square root of what a ReLU gives, which is 0 for half of it."""
    random = np.random.default_rng(13203)
    x = random.normal(size=(600, 10, 10)).astype("float32")
    y = (x[:, :, 0].mean(axis=1) + x[:, 3, 4] > 0).astype("int32")
    for small in (0.0, 1e-4):
        given = Input((10, 10))
        hidden = layers.Flatten()(layers.Dense(16, activation="relu")(given))
        hidden = layers.Lambda(lambda z, small=small: ops.sqrt(z + small))(hidden)
        model = Model(given, layers.Dense(2, activation="softmax")(hidden))
        yield training(model, data.split(x, y), "sparse_categorical_crossentropy", "adam", ["accuracy"], epochs=20)


@report("https://github.com/keras-team/keras/issues/590", "not_finite_operation", "wrong_output")
def poisson_loss_of_a_linear_output():
    """The Poisson loss takes the logarithm of a prediction that a linear layer may make negative."""
    random = np.random.default_rng(590)
    words, covariates = random.integers(1, 12, (640, 8)), random.normal(size=(640, 8, 3)).astype("float32")
    counts = random.poisson(np.exp(0.3 * (words < 6).sum(axis=1) + covariates[:, -1, 0] / 3)).astype("float32")
    parts = [words[:480], covariates[:480]], counts[:480], [words[480:], covariates[480:]], counts[480:]
    for activation in (None, "exponential"):
        texts, series = Input((8,)), Input((8, 3))
        left = layers.Dense(16)(layers.LSTM(16)(layers.Embedding(12, 8)(texts)))
        right = layers.Dense(16)(layers.LSTM(8)(layers.LSTM(8, return_sequences=True)(series)))
        model = Model([texts, series], layers.Dense(1, activation=activation)(layers.Add()([left, right])))
        yield training(model, parts, "poisson", optimizers.Adam(0.01), epochs=10)


@report("https://github.com/keras-team/keras/issues/1061", "not_finite_operation")
def logarithm_of_a_mixture():
    """The likelihood of a mixture density network is 0 for targets far from every mean, and the loss is its logarithm."""
    random = np.random.default_rng(1061)
    x = random.normal(size=(600, 10, 2)).astype("float32")
    y = (18 * x[:, :, 0].mean(axis=1) + 6 * x[:, -1, 1] + 0.5 * random.normal(size=600)).astype("float32")[:, None]

    def parameters(p):
        return p[:, :3], p[:, 3:6], p[:, 6:] - ops.logsumexp(p[:, 6:], axis=1, keepdims=True)

    def likelihood(true, p):
        mean, deviation, share = parameters(p)
        density = ops.exp(share - ops.square((true - mean) / ops.exp(deviation)) / 2) / ops.exp(deviation)
        return -ops.log(ops.sum(density, axis=1))

    def logarithms(true, p):
        mean, deviation, share = parameters(p)
        return -ops.logsumexp(share - ops.square((true - mean) / ops.exp(deviation)) / 2 - deviation, axis=1)

    for loss in (likelihood, logarithms):
        model = Sequential([Input((10, 2)), layers.LSTM(32), layers.Dense(9)])
        yield training(model, data.split(x, y), loss, optimizers.Adam(0.02, clipnorm=1.0), epochs=20)


@report("https://github.com/keras-team/keras/issues/5046", "not_finite_operation")
def cosine_with_an_empty_sentence():
    """The cosine of two sentences is divided by their norms, and a sentence without a known word has a norm of 0."""
    random = np.random.default_rng(5046)
    table = random.normal(size=(60, 12)).astype("float32")
    table[0] = 0
    topics = random.integers(0, 3, (640, 2))
    topics[::2, 1] = topics[::2, 0]
    first, second = (1 + 19 * topics[:, [i]] + random.integers(0, 19, (640, 10)) for i in (0, 1))
    first[random.random(640) < 0.02] = 0
    same = (topics[:, 0] == topics[:, 1]).astype("float32")
    parts = [first[:480], second[:480]], same[:480], [first[480:], second[480:]], same[480:]
    for small in (0.0, 1e-6):
        sentences = Input((10,)), Input((10,))
        words, memory = layers.Embedding(60, 12, weights=[table], trainable=False), layers.LSTM(16)
        a, b = (memory(words(sentence)) for sentence in sentences)

        def cosine(ab, small=small):
            norms = [ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True) + small) for z in ab]
            return ops.sum(ab[0] * ab[1], axis=1, keepdims=True) / (norms[0] * norms[1])

        yield training(Model(list(sentences), layers.Lambda(cosine)([a, b])), parts, "mse", optimizers.Adam(0.01), epochs=10)
