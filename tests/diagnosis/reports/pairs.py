"""Inputs and targets: inputs that say nothing, targets among the inputs, targets that contradict each other, wrong pairs."""

import keras
import numpy as np
from keras import layers

from tests.diagnosis.programs.data import digits, split
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


@report("https://github.com/InnopolisUni/innofw/issues/96", "uninformative_input", recurrent=False)
def pictures_cast_to_integers():
    """Pictures in the range from 0 to 1 are cast to uint8 and become zeros."""
    x, y, new_x, new_y = (part[:700] for part in digits())
    x, new_x = x.reshape(-1, 8, 8, 1) * 0.99, new_x.reshape(-1, 8, 8, 1) * 0.99
    for cast in ("uint8", "float32"):
        model = keras.Sequential()
        model.add(keras.Input((8, 8, 1)))
        model.add(layers.Conv2D(16, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
        model.add(layers.Dense(32, activation="relu"))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x.astype(cast), y, {"epochs": 12}, (new_x.astype(cast), new_y))


@report("https://github.com/keras-team/keras/pull/5695", "uninformative_input")
def words_beyond_the_tokenizer():
    """The tokenizer keeps one word less than asked for, and with a small `num_words` every text becomes the same empty sequence."""
    random = np.random.default_rng(502)
    x = random.integers(1, 25, (600, 10))
    y = ((x == 1) | (x == 2)).any(axis=1).astype("float32")
    x, y, new_x, new_y = split(x, y)
    for known in (1, 25):
        kept, new_kept = (np.where(part < known, part, 0) for part in (x, new_x))
        model = keras.Sequential([keras.Input((10,)), layers.Embedding(25, 8), layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, kept, y, {"epochs": 10, "validation_split": 0.1}, (new_kept, new_y))


@report("https://github.com/keras-team/keras/issues/2711", "uninformative_input", "unmasked_padding")
def padding_leaves_zeros():
    """The loss does not change: the preprocessing cuts and pads in such a way that the sequences are mostly zeros and cannot be separated."""
    random = np.random.default_rng(503)
    rows = [random.integers(1, 30, random.integers(12, 20)) for _ in range(600)]
    y = np.array([(row[4:10] <= 6).sum() > 1 for row in rows], "float32")
    for behind, length in ((True, 80), (False, 20)):
        cut = [np.concatenate([row[:2], np.zeros(78, int)]) if behind else row for row in rows]
        data = keras.utils.pad_sequences(cut, maxlen=length, padding="post" if behind else "pre")
        x, target, new_x, new_y = split(data, y)
        model = keras.Sequential()
        model.add(keras.Input((length,)))
        model.add(layers.Embedding(30, 12))
        model.add(layers.LSTM(24, return_sequences=not behind))
        if not behind:
            model.add(layers.GlobalMaxPooling1D())
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, target, {"epochs": 5 if behind else 20}, (new_x, new_y))


def process(seed, count):
    """A second-order autoregressive process of deviation 1."""
    random = np.random.default_rng(seed)
    values = np.zeros(count + 50)
    for i in range(2, len(values)):
        values[i] = 1.3 * values[i - 1] - 0.75 * values[i - 2] + random.normal()
    return (values[50:] / values[50:].std()).astype("float32")


@report("https://github.com/tensorflow/tensorflow/issues/40343", "target_in_input")
def target_is_the_first_step():
    """`timeseries_dataset_from_array` is given the series as inputs and as targets: the target is the first value of the window, not the one after it."""
    series, fresh = process(504, 900), process(514, 400)
    length = 10
    honest = np.stack([fresh[i : i + length] for i in range(len(fresh) - length)])[..., None], fresh[length:]
    for offset in (0, length):
        data = keras.utils.timeseries_dataset_from_array(series[:-length, None], series[offset:], length, batch_size=32, shuffle=True, seed=1)
        model = keras.Sequential([keras.Input((length, 1)), layers.LSTM(24), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        yield Training(model, data, None, {"epochs": 16}, honest)


@report("https://github.com/huang-xx/STGAT/issues/6", "target_in_input")
def teacher_gives_the_answer():
    """The decoder is given the true position of the step that it has to predict, instead of that of the step before."""
    random = np.random.default_rng(505)
    turn = np.array([[np.cos(1.3), -np.sin(1.3)], [np.sin(1.3), np.cos(1.3)]])
    moves = np.zeros((600, 16, 2))
    moves[:, 0] = random.normal(size=(600, 2))
    for step in range(1, 16):
        moves[:, step] = 0.95 * moves[:, step - 1] @ turn + 0.3 * random.normal(size=(600, 2))
    moves = moves.astype("float32")
    past, future = moves[:, :8], moves[:, 8:]
    before = moves[:, 7:-1]
    honest = [past[450:], before[450:]], future[450:]
    for given in (future, before):
        encoder_in, decoder_in = keras.Input((8, 2)), keras.Input((8, 2))
        _, h, c = layers.LSTM(24, return_state=True)(encoder_in)
        hidden = layers.LSTM(24, return_sequences=True)(decoder_in, initial_state=[h, c])
        model = keras.Model([encoder_in, decoder_in], layers.TimeDistributed(layers.Dense(2))(hidden))
        model.compile(keras.optimizers.Adam(0.01), "mse")
        yield Training(model, [past[:450], given[:450]], future[:450], {"epochs": 15}, honest)


@report("https://github.com/sktime/pytorch-forecasting/issues/182", "target_in_input")
def scaled_target_among_the_features():
    """The scaled target of the step to predict is fed in as a feature; at prediction time it is not known."""
    random = np.random.default_rng(506)
    features = random.normal(size=(900, 14, 3)).astype("float32")
    sales = features[:, -4:, 0].sum(axis=1) + features[:, -1, 1] + 0.5 * random.normal(size=900)
    sales = ((sales - sales.mean()) / sales.std()).astype("float32")
    column = np.zeros((900, 14, 1), "float32")
    column[:, -1, 0] = sales / 2
    for leaks in (True, False):
        x = np.concatenate([features, column], axis=2) if leaks else features
        unknown = np.concatenate([features[650:], np.zeros((250, 14, 1), "float32")], axis=2) if leaks else features[650:]
        given = keras.Input(x.shape[1:])
        hidden = layers.GRU(24)(given)
        model = keras.Model(given, layers.Dense(1)(layers.Dense(12, activation="relu")(hidden)))
        model.compile(keras.optimizers.Adam(0.01), "mse")
        yield Training(model, x[:650], sales[:650], {"epochs": 20}, (unknown, sales[650:]))


@report("https://github.com/keras-team/keras/issues/4973", "contradictory_targets", "truncated")
def constant_with_changes():
    """Most of the series is constant with intermittent changes, so that equal windows are followed by different values."""
    heights = [0.37]
    while len(heights) < 200:
        heights.append(3.9 * heights[-1] * (1 - heights[-1]))
    series = np.zeros(7 * len(heights))
    series[::7] = 1 + 2 * np.array(heights)
    for length in (2, 14):
        x = np.stack([series[i : i + length] for i in range(len(series) - length)])[..., None].astype("float32")
        y = series[length:].astype("float32")
        model = keras.Sequential([keras.Input((length, 1)), layers.LSTM(24), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        yield Training(model, x[:1100], y[:1100], {"epochs": 12}, (x[1100:], y[1100:]))


@report("https://github.com/suriyadeepan/practical_seq2seq/issues/71", "contradictory_targets")
def one_question_many_answers():
    """The same questions are answered differently by different speakers, so that a chatbot gives a generic response."""
    random = np.random.default_rng(508)
    questions = random.integers(1, 40, (30, 6))
    asked, speaker = random.integers(0, 30, 900), random.integers(0, 8, 900)
    answer = (asked + 3 * speaker) % 8
    x = questions[asked]
    for named in (False, True):
        data = np.concatenate([x, 40 + speaker[:, None]], axis=1) if named else x
        given = keras.Input((data.shape[1],), dtype="int32")
        hidden = layers.Embedding(48, 16)(given)
        hidden = layers.LSTM(32)(hidden)
        hidden = layers.Dense(32, activation="relu")(hidden)
        model = keras.Model(given, layers.Dense(8, activation="softmax")(hidden))
        model.compile(keras.optimizers.Adam(0.005 if not named else 0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, data[:700], answer[:700], {"epochs": 10 if not named else 40}, (data[700:], answer[700:]))


@report("https://github.com/jessicayung/blog-code-snippets/issues/6", "no_signal")
def reshaped_instead_of_transposed():
    """The table of lagged values is reshaped where it had to be transposed: windows hold values of other series than their targets."""
    random = np.random.default_rng(509)
    phase, rate = random.uniform(0, 6, 800), random.uniform(0.3, 0.9, 800)
    table = np.sin(phase + rate * np.arange(21)[:, None]) + 0.05 * random.normal(size=(21, 800))
    past, y = table[:20], table[20].astype("float32")
    for x in (past.reshape(800, 20, 1), past.T.reshape(800, 20, 1)):
        model = keras.Sequential([keras.Input((20, 1)), layers.LSTM(24), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        yield Training(model, x[:600].astype("float32"), y[:600], {"epochs": 12}, (x[600:].astype("float32"), y[600:]))


@report("https://github.com/keras-team/keras/pull/7520", "no_signal", recurrent=False)
def labels_of_another_order():
    """The features come from a generator that shuffles, and the labels are those of the files in order."""
    random = np.random.default_rng(510)
    kind = random.integers(0, 4, 800)
    features = (np.eye(4)[kind] @ random.normal(size=(4, 16)) + random.normal(size=(800, 16))).astype("float32")
    x, y, new_x, new_y = split(features, np.eye(4, dtype="float32")[kind])
    for labels in (random.permutation(y), y):
        model = keras.Sequential([keras.Input((16,)), layers.Dense(32, activation="relu"), layers.Dropout(0.5), layers.Dense(4, activation="softmax")])
        model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, labels, {"epochs": 20, "batch_size": 16}, (new_x, new_y))


@report("https://github.com/keras-team/keras-preprocessing/issues/66", "no_signal")
def generator_shifts_the_targets():
    """`TimeseriesGenerator` pairs the inputs up to a step with the label of the next step, though the label belongs to the step itself."""
    random = np.random.default_rng(511)
    sensors = random.normal(size=(1000, 3))
    state = (sensors[:, 0] + 0.2 * np.roll(sensors[:, 1], 1) > 0).astype("float32")
    length = 8
    for shift in (1, 0):
        x = np.stack([sensors[i : i + length] for i in range(2, 980)]).astype("float32")
        y = np.array([state[i + length - 1 + shift] for i in range(2, 980)])
        model = keras.Sequential([keras.Input((length, 3)), layers.SimpleRNN(24), layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x[:700], y[:700], {"epochs": 10, "batch_size": 16}, (x[700:], y[700:]))
