"""A time axis that carries nothing, state that is cut between batches, windows too short, trainings too short."""

import keras
import numpy as np
from keras import layers

from tests.diagnosis.programs.data import split
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


def windows(series, targets, length):
    """All windows of a series, each with the target of its last step."""
    x = np.stack([series[i : i + length] for i in range(len(series) - length + 1)])
    return x.astype("float32"), targets[length - 1 :].astype("float32")


@report("https://github.com/keras-team/keras/issues/6168", "truncated", "no_time_axis")
def lag_operator():
    """A stateful LSTM is given one value at a time to output a value before it: no gradient passes between batches, so it does not learn."""
    random = np.random.default_rng(401)
    values = random.normal(size=1001)
    x, y = values[5:].astype("float32"), values[:-5].astype("float32")
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(1, 1, 1)))
    model.add(layers.LSTM(10, activation="tanh", stateful=True))
    model.add(layers.Dense(1, activation="linear"))
    model.compile("adam", "mse")
    x1, y1 = x.reshape(-1, 1, 1), y.reshape(-1, 1)
    yield Training(model, x1[:500], y1[:500], {"batch_size": 1, "epochs": 3, "shuffle": False}, (x1[500:], y1[500:]))
    model = keras.Sequential([keras.Input((10, 1)), layers.LSTM(10, activation="tanh"), layers.Dense(1, activation="linear")])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    x, y = windows(x[:, None], y, 10)
    yield Training(model, x[:500], y[:500], {"batch_size": 10, "epochs": 20}, (x[500:], y[500:]))


@report("https://github.com/keras-team/keras/issues/6084", "no_time_axis")
def rows_as_samples_of_one_step():
    """A table of a hundred rows and two columns is reshaped to samples of one time step, though the class follows from the rows before."""
    random = np.random.default_rng(402)
    table = random.normal(size=(900, 2))
    moving = np.convolve(table[:, 0], np.ones(6), "full")[: len(table)] - table[:, 0]
    y = (moving > 0).astype("float32")
    for steps in (1, 7):
        x, target = windows(table, y, steps)
        model = keras.Sequential()
        model.add(keras.Input((steps, 2)))
        model.add(layers.LSTM(16))
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x[:650], target[:650], {"epochs": 12, "batch_size": 16}, (x[650:], target[650:]))


@report("https://github.com/keras-team/keras/issues/1820", "truncated", "no_time_axis")
def stateful_example_with_one_step():
    """Two stateful LSTMs as in Keras' example, with samples of one step that `fit` shuffles: a problem that needs state does not converge."""
    random = np.random.default_rng(403)
    steps = random.normal(size=1000)
    level = np.zeros(1000)
    for i in range(1, 1000):
        level[i] = 0.5 * level[i - 1] + steps[i - 1] + 0.5 * (steps[i - 2] if i > 1 else 0)
    level /= level.std()
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(25, 1, 1)))
    model.add(layers.LSTM(20, return_sequences=True, stateful=True))
    model.add(layers.LSTM(20, return_sequences=False, stateful=True))
    model.add(layers.Dense(1))
    model.compile("rmsprop", "mse")
    x, y = windows(steps[:, None], level, 1)
    yield Training(model, x[:750], y[:750], {"batch_size": 25, "epochs": 15}, (x[750:], y[750:]))
    model = keras.Sequential([keras.Input((12, 1)), layers.LSTM(20, return_sequences=True), layers.LSTM(20), layers.Dense(1)])
    model.compile(keras.optimizers.RMSprop(0.01), "mse")
    x, y = windows(steps[:, None], level, 12)
    yield Training(model, x[:725], y[:725], {"batch_size": 25, "epochs": 12}, (x[725:], y[725:]))


@report("https://github.com/keras-team/keras/issues/8945", "truncated")
def old_data_beyond_the_batch():
    """An endless series in pieces of five steps for a stateful LSTM: no gradient reaches the data of twenty steps ago that matter."""
    random = np.random.default_rng(404)
    lanes, length, piece = 20, 200, 5

    def series():
        cue = random.choice([-1.0, 1.0], (lanes, length // 20))
        x = 0.3 * random.normal(size=(lanes, length, 2))
        x[:, ::20, 0] = cue
        x[:, ::20, 1] = 2
        x[:, 19::20, 1] = -2
        y = np.zeros((lanes, length, 1))
        y[:, 19::20, 0] = cue
        return x.astype("float32"), y.astype("float32")

    def pieces(part):
        cut = part.reshape(lanes, length // piece, piece, -1)
        return cut.transpose(1, 0, 2, 3).reshape(-1, piece, part.shape[-1])

    (x, y), (new_x, new_y) = series(), series()
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(lanes, piece, 2)))
    model.add(layers.LSTM(24, stateful=True, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(1)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    yield Training(model, pieces(x), pieces(y), {"batch_size": lanes, "epochs": 15, "shuffle": False}, (pieces(new_x), pieces(new_y)))
    model = keras.Sequential([keras.Input((20, 2)), layers.LSTM(24, return_sequences=True), layers.TimeDistributed(layers.Dense(1))])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x, y, new_x, new_y = (part.reshape(-1, 20, part.shape[-1]) for part in (x, y, new_x, new_y))
    yield Training(model, x, y, {"batch_size": lanes, "epochs": 25}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/287", "truncated", "no_signal")
def end_of_the_sequence_cut():
    """`pad_sequences` cuts the end of a sequence that is longer than `maxlen`, and the end is what is next to the event to predict."""
    random = np.random.default_rng(406)
    rows, y = [], []
    for _ in range(700):
        row = 0.5 * random.normal(size=(random.integers(16, 24), 3))
        bought = random.integers(0, 2)
        row[-6:, 0] += 1.0 if bought else -1.0
        rows.append(row.astype("float32"))
        y.append(bought)
    for cut in ("post", "pre"):
        data = keras.utils.pad_sequences(rows, maxlen=10, padding="pre", truncating=cut, dtype="float32")
        x, target, new_x, new_y = split(data, np.array(y, "float32"))
        model = keras.Sequential([keras.Input((10, 3)), layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, target, {"epochs": 12}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/14931", "too_short", "rate_too_low")
def one_epoch_of_captions():
    """A captioning model is trained for one epoch at a rate of 2e-6 and predicts the same sentence for every picture."""
    random = np.random.default_rng(407)
    picture = random.normal(size=(800, 12))
    words = random.integers(1, 20, (800, 6))
    answer = np.where(picture[:, 0] > 0, words[:, -1], 0)
    parts = [picture.astype("float32"), words]
    for rate, epochs in ((2e-6, 1), (5e-3, 16)):
        features = keras.Input((12,))
        seen = layers.Dense(32, activation="relu")(features)
        given = keras.Input((6,), dtype="int32")
        text = layers.Embedding(20, 24, mask_zero=True)(given)
        text = layers.Dropout(0.2)(text)
        text = layers.LSTM(32)(text)
        hidden = layers.Dense(32, activation="relu")(layers.Concatenate()([seen, text]))
        model = keras.Model([features, given], layers.Dense(20, activation="softmax")(hidden))
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, [part[:600] for part in parts], answer[:600], {"epochs": epochs}, ([part[600:] for part in parts], answer[600:]))


@report("https://github.com/keras-team/keras/issues/5237", "too_short", "class_never_predicted")
def ten_updates_for_three_layers():
    """Three LSTMs are to mark where a bit changes; ten epochs of one batch each leave the accuracy at that of the most frequent class."""
    random = np.random.default_rng(408)
    bits = (np.cumsum(random.random((120, 17)) < 0.12, axis=1) + random.integers(0, 2, (120, 1))) % 2
    change = np.zeros_like(bits)
    change[:, 1:] = np.where(bits[:, 1:] > bits[:, :-1], 1, np.where(bits[:, 1:] < bits[:, :-1], 2, 0))
    x, y = bits[..., None].astype("float32"), np.eye(3, dtype="float32")[change]
    for epochs, batch in ((10, 90), (40, 9)):
        model = keras.Sequential()
        model.add(keras.Input((17, 1)))
        for _ in range(3):
            model.add(layers.LSTM(16, return_sequences=True))
        model.add(layers.TimeDistributed(layers.Dense(3, activation="softmax")))
        model.compile("rmsprop" if epochs == 10 else keras.optimizers.RMSprop(0.005), "categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x[:90], y[:90], {"epochs": epochs, "batch_size": batch}, (x[90:], y[90:]))


@report("http://pullrequest.ru/13233417/predskazanie-impulsnogo-signala-lstm", "too_short")
def impulse_needs_more_epochs():
    """An LSTM is to answer an impulse at the first step of ten and to be silent otherwise; the answer to the question is to train for more epochs."""
    random = np.random.default_rng(409)
    place = random.integers(0, 10, 400)
    x = np.eye(10)[place][:, :, None] + 0.05 * random.normal(size=(400, 10, 1))
    y = 3.0 * (place == 0) + 2.0 * (place == 1) - 2.0 * (place == 2)
    x, y, new_x, new_y = split(x.astype("float32"), y.astype("float32"))
    for epochs in (6, 90):
        model = keras.Sequential([keras.Input((10, 1)), layers.LSTM(12), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.002 if epochs == 6 else 0.01), "mse", metrics=["mse"])
        yield Training(model, x, y, {"epochs": epochs}, (new_x, new_y))
