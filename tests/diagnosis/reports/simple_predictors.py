"""Models that are no better than a simple predictor: the last value, a line, the most frequent class."""

import keras
import numpy as np
from keras import layers

from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


def lagged(series, length):
    """Windows of a series and the values after them."""
    x = np.stack([series[i : i + length] for i in range(len(series) - length)])
    return x[..., None].astype("float32"), series[length:].astype("float32")


def price(seed, count, momentum, drift=0.0):
    """A price whose changes depend on the changes before."""
    random = np.random.default_rng(seed)
    changes = np.zeros(count)
    for i in range(2, count):
        changes[i] = momentum * changes[i - 1] - 0.3 * changes[i - 2] + drift + random.normal()
    return 100 + np.cumsum(changes)


@report("https://stackoverflow.com/questions/51432661/time-series-keras-lstm-echoing-instead-of-predicting", "no_better_than_simple")
def echo_of_eight_values():
    """An LSTM gets better and better at echoing the current value where it should predict the next one."""
    series = price(801, 1100, 0.75)
    level = (series - series.min()) / np.ptp(series)
    x, y = lagged(level, 8)
    x = x.reshape(-1, 1, 8)
    model = keras.Sequential()
    model.add(keras.Input((1, 8)))
    model.add(layers.LSTM(32))
    model.add(layers.Dense(1, activation="relu"))
    model.compile("adam", "mse")
    fit = {"epochs": 15, "batch_size": 20, "shuffle": False, "validation_data": (x[700:850], y[700:850])}
    yield Training(model, x[:700], y[:700], fit, (x[850:], y[850:]))
    change = np.diff(series) / np.diff(series).std()
    x, y = lagged(change, 8)
    model = keras.Sequential([keras.Input((8, 1)), layers.LSTM(24), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.005), "mse")
    yield Training(model, x[:700], y[:700], {"epochs": 20, "validation_data": (x[700:850], y[700:850])}, (x[850:], y[850:]))


@report("https://github.com/NourozR/Stock-Price-Prediction-LSTM/issues/5", "no_better_than_simple")
def price_of_tomorrow():
    """The prediction lags behind the price by a day; using the price of the last day would be better."""
    series = price(802, 1000, 0.7)
    scaled = 2 * (series - series.min()) / np.ptp(series) - 1
    x, y = lagged(scaled, 15)
    model = keras.Sequential()
    model.add(keras.Input((15, 1)))
    model.add(layers.LSTM(32, return_sequences=True))
    model.add(layers.LSTM(16))
    model.add(layers.Dense(1))
    model.add(layers.Activation("linear"))
    model.compile("adam", "mean_squared_error")
    yield Training(model, x[:750], y[:750], {"epochs": 6}, (x[750:], y[750:]))
    returns = np.diff(series) / np.diff(series).std()
    x, y = lagged(returns, 15)
    model = keras.Sequential([keras.Input((15, 1)), layers.LSTM(16), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    yield Training(model, x[:750], y[:750], {"epochs": 10}, (x[750:], y[750:]))


@report("https://github.com/vict0rsch/deep_learning/issues/13", "no_better_than_simple")
def power_consumption():
    """The network's error on the household's power is that of predicting the value before."""
    random = np.random.default_rng(803)
    power = np.zeros(1000)
    for i in range(1, 1000):
        power[i] = power[i - 1] if random.random() < 0.93 else random.exponential(1.0)
    noise = 0.12 * random.normal(size=1000)
    daily = np.sin(np.arange(1000) * 2 * np.pi / 24)
    for own in (True, False):
        series = power + 0.02 * noise if own else 0.3 * power + daily + noise
        series = (series - series.mean()) / series.std()
        x, y = lagged(series, 12 if own else 26)
        model = keras.Sequential()
        model.add(keras.Input(x.shape[1:]))
        model.add(layers.LSTM(16 if own else 32, return_sequences=own))
        model.add(layers.Dropout(0.2 if own else 0.0))
        if own:
            model.add(layers.LSTM(24))
            model.add(layers.Dropout(0.2))
        model.add(layers.Dense(1, activation="linear"))
        model.compile("rmsprop" if own else keras.optimizers.Adam(0.005), "mse")
        yield Training(model, x[:700], y[:700], {"epochs": 6 if own else 20, "validation_split": 0.05}, (x[700:], y[700:]))


@report("https://github.com/tgjeon/TensorFlow-Tutorials-for-Time-Series/issues/12", "no_better_than_simple")
def linear_trend():
    """A series with an obvious linear trend and a periodic term: least squares does much better than the recurrent network."""
    random = np.random.default_rng(804)
    steps = np.arange(1000)
    series = steps + 40 * np.sin(steps / 10) + 3 * random.normal(size=1000)
    x, y = lagged((series - series[:700].mean()) / series[:700].std(), 20)
    model = keras.Sequential([keras.Input((20, 1)), layers.LSTM(24), layers.Dense(1)])
    model.compile("adam", "mse")
    yield Training(model, x[:680], y[:680], {"epochs": 12, "validation_data": (x[680:760], y[680:760])}, (x[760:], y[760:]))
    change = np.diff(series)
    x, y = lagged((change - change.mean()) / change.std(), 20)
    model = keras.Sequential([keras.Input((20, 1)), layers.LSTM(24), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.005), "mse")
    yield Training(model, x[:680], y[:680], {"epochs": 12, "validation_data": (x[680:760], y[680:760])}, (x[760:], y[760:]))


@report("https://github.com/BenjiKCF/Neural-Net-with-Financial-Time-Series-Data/issues/8", "no_better_than_simple")
def price_not_return():
    """A model of several columns predicts the price itself and is not better than using the price of the last day; returns should be predicted."""
    series = price(805, 1000, 0.6, 0.1)
    random = np.random.default_rng(815)
    volume = np.abs(np.diff(series, prepend=series[0])) + 0.3 * random.normal(size=1000)
    for returns in (False, True):
        column = np.diff(series, prepend=series[0]) if returns else series
        table = np.stack([volume, column], axis=1)
        table = (table - table[:700].mean(axis=0)) / table[:700].std(axis=0)
        x = np.stack([table[i : i + 10] for i in range(990)]).astype("float32")
        y = table[10:, 1].astype("float32")
        given = keras.Input((10, 2))
        hidden = layers.LSTM(32, return_sequences=not returns)(given)
        if not returns:
            hidden = layers.Dropout(0.3)(hidden)
            hidden = layers.LSTM(32)(hidden)
            hidden = layers.Dropout(0.3)(hidden)
        hidden = layers.Dense(16, activation="relu")(hidden)
        model = keras.Model(given, layers.Dense(1, activation="linear")(hidden))
        model.compile("adam" if not returns else keras.optimizers.Adam(0.005), "mse")
        yield Training(model, x[:700], y[:700], {"epochs": 8, "validation_split": 0.1}, (x[700:], y[700:]))


@report("https://github.com/pandeydivesh15/NER-using-Deep-Learning/issues/1", "class_never_predicted")
def entities_never_found():
    """Most words carry the label 'O', and the tagger predicts only this one, at an accuracy of 97 %."""
    random = np.random.default_rng(806)
    words = random.integers(1, 182, (500, 20))
    entity = random.random((500, 20)) < 0.03
    words[entity] = random.integers(180, 200, int(entity.sum()))
    tags = np.where(entity, 1 + words % 2, 0)
    weights = np.where(tags > 0, 4.0, 1.0).astype("float32")
    x, y, w = words[:400], tags[:400], weights[:400]
    for weighted in (False, True):
        given = keras.Input((20,), dtype="int32")
        hidden = layers.Embedding(200, 16)(given)
        hidden = layers.Bidirectional(layers.LSTM(12, return_sequences=True))(hidden)
        hidden = layers.Dropout(0.5 if not weighted else 0.2)(hidden)
        model = keras.Model(given, layers.TimeDistributed(layers.Dense(3, activation="softmax"))(hidden))
        model.compile("adam" if not weighted else keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 8, "sample_weight": w} if weighted else {"epochs": 5}
        yield Training(model, x, y, fit, (words[400:], tags[400:]))


@report("https://stats.stackexchange.com/questions/345126/lstm-inbalanced-output-classification-swamps-other-classifications", "class_never_predicted")
def null_swamps_the_others():
    """Of five outcomes of a time series 78 % are 'null': the LSTM finds 'null' and hardly any of the others."""
    random = np.random.default_rng(807)

    def outcomes(count):
        kind = random.choice(5, count, p=[0.055, 0.055, 0.78, 0.055, 0.055])
        x = random.normal(size=(count, 12, 4))
        column = np.array([0, 1, 2, 2, 3])[kind]
        shift = np.where(kind == 2, 0, 1.0)
        x[np.arange(count), :, column] += shift[:, None] * random.choice([0.6, 1.4], (count, 1))
        return x.astype("float32"), kind

    (x, y), new = outcomes(700), outcomes(400)
    for weighted in (False, True):
        model = keras.Sequential([keras.Input((12, 4)), layers.LSTM(24), layers.Dense(5, activation="softmax")])
        model.compile("adam" if not weighted else keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        weight = {k: 1.0 if k == 2 else 4.0 for k in range(5)}
        yield Training(model, x, y, {"epochs": 4} if not weighted else {"epochs": 14, "class_weight": weight}, new)


@report("https://github.com/keras-team/keras/issues/11750", "class_never_predicted")
def always_one():
    """A recurrent network on monthly data with 97 % of ones gives a very high probability of 1 to every sample of the test set."""
    random = np.random.default_rng(808)

    def months(count):
        y = (random.random(count) > 0.05).astype("float32")
        x = random.normal(size=(count, 12, 3))
        x[:, 4:, 1] -= 1.2 * (1 - y)[:, None]
        return x.astype("float32"), y

    (x, y), new = months(780), months(396)
    for weighted in (False, True):
        model = keras.Sequential()
        model.add(keras.Input((12, 3)))
        model.add(layers.LSTM(10, return_sequences=True, activation="sigmoid" if not weighted else "tanh", recurrent_activation="hard_sigmoid"))
        model.add(layers.Dropout(0.2))
        model.add(layers.Flatten())
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile("rmsprop" if not weighted else keras.optimizers.RMSprop(0.003), "binary_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 5, "batch_size": 12} if not weighted else {"epochs": 12, "batch_size": 12, "class_weight": {0: 5.0, 1: 1.0}}
        yield Training(model, x, y, fit, new)
