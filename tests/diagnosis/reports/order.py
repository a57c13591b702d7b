"""Rows in an order, and the same samples in training and validation."""

import keras
import numpy as np
from keras import layers

from tests.diagnosis.programs.data import digits
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


@report("https://github.com/keras-team/keras/issues/8346", "sorted_rows", recurrent=False)
def last_class_held_back():
    """Pictures are sorted by their five classes, and `validation_split=0.2` takes the last fifth: the whole of the fifth class."""
    pictures, kind, new_pictures, new_kind = digits()
    x, y = pictures[kind < 5].reshape(-1, 8, 8, 1), kind[kind < 5]
    new = new_pictures[new_kind < 5].reshape(-1, 8, 8, 1), np.eye(5, dtype="float32")[new_kind[new_kind < 5]]
    rows = np.concatenate([np.flatnonzero(y == k)[:100] for k in range(5)])
    for order in (rows, np.random.default_rng(601).permutation(rows)):
        model = keras.Sequential()
        model.add(keras.Input((8, 8, 1)))
        model.add(layers.Conv2D(16, 3, activation="relu", padding="same"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(0.25))
        model.add(layers.Flatten())
        model.add(layers.Dense(32, activation="relu"))
        model.add(layers.Dense(5, activation="softmax"))
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 12, "validation_split": 0.2, "shuffle": True}
        yield Training(model, x[order], np.eye(5, dtype="float32")[y[order]], fit, new)


@report("https://github.com/keras-team/keras/issues/4298", "sorted_rows")
def validation_accuracy_zero():
    """With `validation_split=0.1` the validation accuracy is 0 and the loss above 3, though training without it gives good results."""
    random = np.random.default_rng(602)
    kind = np.sort(random.integers(0, 4, 800))
    x = random.integers(8, 40, (800, 12))
    x[np.arange(800), random.integers(0, 12, 800)] = 2 * kind + random.integers(0, 2, 800)
    new_kind = random.integers(0, 4, 200)
    new_x = random.integers(8, 40, (200, 12))
    new_x[np.arange(200), random.integers(0, 12, 200)] = 2 * new_kind + random.integers(0, 2, 200)
    keep = kind < 3
    keep[-90:] = True
    for order in (np.flatnonzero(keep), random.permutation(800)):
        model = keras.Sequential([keras.Input((12,)), layers.Embedding(40, 16), layers.LSTM(24), layers.Dense(4, activation="softmax")])
        model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 10, "batch_size": 32, "shuffle": True, "validation_split": 0.1 if len(order) == 800 else 90 / len(order)}
        yield Training(model, x[order], kind[order], fit, (new_x, new_kind))


@report("https://github.com/keras-team/keras/issues/7759", "sorted_rows")
def difference_in_validation_accuracy():
    """The rows in their order give a validation accuracy of 0.36, the same rows at random one near 1."""
    random = np.random.default_rng(603)
    kind = np.repeat(np.arange(3), 300)
    steps = np.arange(16)

    def waves(kind):
        clean = np.sin(random.uniform(0, 6, (len(kind), 1)) + np.array([0.5, 1.0, 1.6])[kind][:, None] * steps)
        return (clean + 0.3 * random.normal(size=clean.shape))[..., None].astype("float32")

    x, new_kind = waves(kind), random.integers(0, 3, 200)
    new = waves(new_kind), np.eye(3, dtype="float32")[new_kind]
    for order in (np.arange(900), random.permutation(900)):
        given = keras.Input((16, 1))
        hidden = layers.Bidirectional(layers.GRU(12))(given)
        model = keras.Model(given, layers.Dense(3, activation="softmax")(hidden))
        model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
        fit = {"validation_split": 0.33, "epochs": 12}
        yield Training(model, x[order], np.eye(3, dtype="float32")[kind[order]], fit, new)


class FromDirectory(keras.utils.PyDataset):
    """Batches of pictures in the order of the directories, one directory a class."""

    def __init__(self, x, y, size=20):
        super().__init__()
        self.x, self.y, self.size = x, y, size

    def __len__(self):
        return len(self.x) // self.size

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return self.x[rows], self.y[rows]


@report("https://github.com/tensorflow/tensorflow/issues/12789", "sorted_rows", recurrent=False)
def generator_without_shuffling():
    """With `shuffle=False` the pictures come class by class, and the accuracy in validation is 0."""
    x, y, new_x, new_y = digits()
    x, new_x = x.reshape(-1, 8, 8, 1), new_x.reshape(-1, 8, 8, 1)
    rows = np.argsort(y, kind="stable")
    for order in (rows, np.random.default_rng(604).permutation(rows)):
        model = keras.Sequential()
        model.add(keras.Input((8, 8, 1)))
        model.add(layers.Conv2D(16, 3, activation="relu"))
        model.add(layers.Flatten())
        model.add(layers.Dense(32, activation="relu"))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 6, "shuffle": False, "validation_data": (new_x[:150], new_y[:150])}
        yield Training(model, FromDirectory(x[order], y[order]), None, fit, (new_x[150:], new_y[150:]))


def readings(seed, count, share, length=12):
    """Sequences of sensors; a fault that shows faintly, in a share of them."""
    random = np.random.default_rng(seed)
    y = (random.random(count) < share).astype("float32")
    x = random.normal(size=(count, length, 4))
    x[:, -5:, 0] += 0.9 * y[:, None]
    return x.astype("float32"), y


@report("https://github.com/vc1492a/henosis/issues/12", "duplicated_samples", "overfitting")
def oversampled_before_the_split():
    """All data are oversampled rather than the training part, so that copies of the rare samples stand in the validation part."""
    x, y = readings(605, 1100, 0.12)
    new = readings(615, 400, 0.5)
    rare = np.flatnonzero(y[:400] == 1)
    random = np.random.default_rng(625)
    rows = random.permutation(np.concatenate([np.flatnonzero(y[:400] == 0)[:150], np.repeat(rare, 7)]))
    copies = x[rows], y[rows]
    more = readings(635, 900, 0.5)
    for twice in (True, False):
        model = keras.Sequential(
            [keras.Input((12, 4)), layers.GRU(48 if twice else 10), layers.Dropout(0.0 if twice else 0.3), layers.Dense(1, activation="sigmoid")]
        )
        model.compile(keras.optimizers.Adam(0.01 if twice else 0.005), "binary_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 25 if twice else 7, "validation_split": 0.2}
        yield Training(model, *(copies if twice else more), fit, new)


@report("https://github.com/ermongroup/Wifi_Activity_Recognition/issues/47", "duplicated_samples", "overfitting")
def overlapping_windows_split_at_random():
    """Windows that overlap by most of their length are split at random: nearly every validation window stands in the training part too."""
    random = np.random.default_rng(606)

    def windows(subjects, stride):
        x, y = [], []
        for _ in range(subjects):
            for kind in range(3):
                place = random.normal(size=4)
                steps = np.arange(60)
                record = place + 0.9 * random.normal(size=(60, 4))
                record[:, 0] += 0.9 * np.sin(steps * (0.4, 0.9, 1.5)[kind] + random.uniform(0, 6))
                for start in range(0, 60 - 20, stride):
                    x.append(record[start : start + 20])
                    y.append(kind)
        return np.array(x, "float32"), np.array(y)

    few, many, new = windows(6, 1), windows(80, 20), windows(20, 20)
    for overlap in (True, False):
        x, y = few if overlap else many
        rows = random.permutation(len(x)) if overlap else np.arange(len(x))
        if not overlap:
            x = x - x.mean(axis=1, keepdims=True)
        given = keras.Input((20, 4))
        hidden = layers.Conv1D(16, 5, activation="relu")(given)
        hidden = layers.LSTM(32 if overlap else 16)(hidden)
        model = keras.Model(given, layers.Dense(3, activation="softmax")(hidden))
        model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 15 if overlap else 14, "validation_split": 0.25}
        fresh = new if overlap else (new[0] - new[0].mean(axis=1, keepdims=True), new[1])
        yield Training(model, x[rows], y[rows], fit, fresh)


@report("https://github.com/MakazhanAlpamys/Soup/issues/680", "duplicated_samples", "overfitting")
def interleaved_copies_in_the_tail():
    """The smaller of two data sets is repeated until it is as long as the larger one, and the tail of the mixture, all of it known, is the validation part."""
    random = np.random.default_rng(607)

    def answers(count):
        x = random.integers(10, 60, (count, 10))
        y = random.integers(0, 2, count)
        x[np.arange(count), random.integers(0, 10, count)] = random.integers(0, 5, count) + 5 * y
        return x, np.where(random.random(count) < 0.15, 1 - y, y).astype("float32")

    (x, y), new = answers(1000), answers(400)
    repeated = np.tile(np.arange(120), 6)
    for copies in (True, False):
        rows = random.permutation(repeated) if copies else np.arange(1000)
        model = keras.Sequential()
        model.add(keras.Input((10,)))
        model.add(layers.Embedding(60, 32 if copies else 8))
        model.add(layers.LSTM(32 if copies else 12))
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x[rows], y[rows], {"epochs": 14 if copies else 6, "validation_split": 0.1}, new)
