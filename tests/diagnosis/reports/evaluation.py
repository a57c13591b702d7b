"""Training mode that is not evaluation mode, penalties and dropout that outweigh the loss, overfitting."""

import keras
import numpy as np
from keras import layers, regularizers

from tests.diagnosis.programs.data import digits, split
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


@report("https://github.com/keras-team/keras/issues/6014", "train_eval_mismatch", recurrent=False)
def chairs_and_lamps():
    """A small convolutional network with batch normalisation reaches an accuracy near 1 in `fit` and 0.5 in `evaluate` on the same pictures."""
    random = np.random.default_rng(301)
    kind = random.integers(0, 2, 160)
    pictures = random.uniform(190, 210, (160, 16, 16, 1)).astype("float32")
    for picture, lamp in zip(pictures, kind, strict=True):
        top = random.integers(1, 3) if lamp else random.integers(8, 10)
        picture[top : top + 6, 5:11] += 15
    x, y, new_x, new_y = split(pictures, kind.astype("float32"))
    for momentum in (0.99, 0.6):
        model = keras.Sequential()
        model.add(keras.Input((16, 16, 1)))
        model.add(layers.Conv2D(5, 4, strides=2, padding="same"))
        model.add(layers.LeakyReLU(negative_slope=0.2))
        model.add(layers.Conv2D(10, 4, strides=2, padding="same"))
        model.add(layers.BatchNormalization(axis=3, momentum=momentum))
        model.add(layers.LeakyReLU(negative_slope=0.2))
        model.add(layers.Flatten())
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"batch_size": 8, "epochs": 4 if momentum > 0.9 else 8}, (new_x, new_y))


@report("https://github.com/tensorflow/tensorflow/issues/30109", "train_eval_mismatch")
def normalisation_in_time_distributed():
    """Batch normalisation inside `TimeDistributed`: training reaches an accuracy of 1 and validation stays at chance; a smaller momentum helps."""
    random = np.random.default_rng(302)
    kind = random.integers(0, 3, 600)
    frames = 40 + 6 * random.normal(size=(600, 10, 5))
    frames[np.arange(600), :, kind] += 5
    x, y, new_x, new_y = split(frames.astype("float32"), kind)
    for momentum in (0.999, 0.95):
        model = keras.Sequential(
            [
                keras.Input((10, 5)),
                layers.TimeDistributed(layers.BatchNormalization(momentum=momentum)),
                layers.TimeDistributed(layers.Dense(12, activation="relu")),
                layers.GRU(16),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 5, "validation_split": 0.2}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/12851", "train_eval_mismatch")
def recordings_one_by_one():
    """Batches of one recording each and batch normalisation before and after the LSTM: on the same data the loss is tiny in training and large in a test."""
    random = np.random.default_rng(303)

    def recordings(count, size):
        y = random.integers(0, 2, (count, size))
        trend = np.where(y, 1.0, -1.0)[..., None] * np.linspace(-1, 1, 16)
        x = trend[..., None] * [1.0, 0.5] + 0.8 * random.normal(size=(count, size, 16, 2))
        x += 12 * random.normal(size=(count, 1, 1, 2))
        return x.reshape(-1, 16, 2).astype("float32"), y.reshape(-1).astype("float32")

    (x, y), new = recordings(24, 32), recordings(25, 8)
    for batches in (True, False):
        given = keras.Input((16, 2))
        hidden = layers.BatchNormalization()(given) if batches else layers.LayerNormalization(axis=1)(given)
        hidden = layers.LSTM(16, return_sequences=True)(hidden)
        hidden = layers.BatchNormalization(momentum=0.9)(hidden) if batches else hidden
        hidden = layers.LSTM(8)(hidden)
        model = keras.Model(given, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"batch_size": 32, "epochs": 5, "shuffle": not batches}, new)


@report("https://github.com/keras-team/keras/issues/7265", "train_eval_mismatch", recurrent=False)
def one_batch_of_digits():
    """A single batch of digits is trained and validated on the same data, with batch normalisation: the two losses differ widely."""
    x, y, new_x, new_y = digits()
    x, new_x = (part.reshape(-1, 8, 8, 1) * 255 for part in (x, new_x))
    for momentum, epochs in ((0.99, 9), (0.7, 30)):
        given = keras.Input((8, 8, 1))
        hidden = layers.Conv2D(16, 3)(given)
        hidden = layers.BatchNormalization(scale=False, center=False, momentum=momentum)(hidden)
        hidden = layers.Activation("relu")(hidden)
        hidden = layers.Conv2D(16, 3)(hidden)
        hidden = layers.BatchNormalization(scale=False, center=False, momentum=momentum)(hidden)
        hidden = layers.Activation("relu")(hidden)
        model = keras.Model(given, layers.Dense(10, activation="softmax")(layers.Flatten()(hidden)))
        model.compile(keras.optimizers.Adam(0.008), "sparse_categorical_crossentropy", metrics=["accuracy"])
        batch = x[:256], y[:256]
        yield Training(model, *batch, {"batch_size": 256, "epochs": epochs, "validation_data": batch}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/5992", "over_regularised", recurrent=False)
def dropout_of_the_output():
    """Half of each narrow layer is dropped, and half of the softmax's output too: every sample gets the same prediction."""
    random = np.random.default_rng(305)
    x = random.normal(size=(800, 20)).astype("float32")
    kind = np.stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 3], 0.6 * x[:, 4]], axis=1).argmax(axis=1)
    x, y, new_x, new_y = split(x, np.eye(3, dtype="float32")[kind])
    for share in (0.5, 0.0):
        given = keras.Input((20,))
        hidden = layers.Dense(14, activation="relu")(given)
        hidden = layers.Dropout(share)(hidden)
        hidden = layers.Dense(8, activation="relu")(hidden)
        hidden = layers.Dropout(share)(hidden)
        out = layers.Dense(3, activation="softmax")(hidden)
        out = layers.Dropout(share)(out)
        model = keras.Model(given, out)
        model.compile("adam", "mse", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 25}, (new_x, new_y))


class Quickstart(keras.Model):
    """The model of TensorFlow's quickstart, with an activity penalty in each layer."""

    def __init__(self, penalty):
        super().__init__()
        self.conv1 = layers.Conv2D(16, 3, activation="relu", activity_regularizer=regularizers.L2(penalty))
        self.flatten = layers.Flatten()
        self.d1 = layers.Dense(32, activation="relu", activity_regularizer=regularizers.L2(penalty))
        self.d2 = layers.Dense(10, activation="softmax")

    def call(self, x):
        return self.d2(self.d1(self.flatten(self.conv1(x))))


@report("https://github.com/tensorflow/tensorflow/issues/33219", "over_regularised", recurrent=False)
def activity_penalty():
    """The layers of a subclassed model have an L2 penalty of 100000 on their activity."""
    x, y, new_x, new_y = digits()
    x, new_x = x.reshape(-1, 8, 8, 1)[:700], new_x.reshape(-1, 8, 8, 1)
    for penalty in (100000.0, 1e-6):
        model = Quickstart(penalty)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y[:700], {"epochs": 10}, (new_x, new_y))


@report("https://github.com/deeplearning4j/deeplearning4j/issues/8737", "over_regularised")
def weight_decay_on_an_embedding():
    """A sequence classifier of embedding and LSTM does not converge with the weight decay, and does without."""
    random = np.random.default_rng(307)
    x = random.integers(1, 50, (700, 12))
    y = (np.isin(x, [3, 7, 11, 19, 23, 31]).sum(axis=1) > 1).astype("float32")
    x, y, new_x, new_y = split(x, y)
    for decay in (100.0, 1e-3):
        model = keras.Sequential([keras.Input((12,)), layers.Embedding(50, 12), layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.AdamW(0.005, weight_decay=decay), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 14}, (new_x, new_y))


def sentences(seed, count, words, informative, noise):
    """Sentences of a vocabulary; whether a positive or a negative word is in each, with some labels at random."""
    random = np.random.default_rng(seed)
    x = random.integers(2 * informative, words, (count, 14))
    y = random.integers(0, 2, count)
    x[np.arange(count), random.integers(0, 14, count)] = random.integers(0, informative, count) + informative * y
    return x, np.where(random.random(count) < noise, 1 - y, y).astype("float32")


@report("https://github.com/keras-team/keras/issues/3328", "overfitting")
def validation_loss_rises_with_sgd():
    """A single LSTM on a sentence classification: the training loss falls, the validation loss becomes higher from the second epoch on."""
    x, y = sentences(311, 1500, 100, 5, 0.12)
    new_x, new_y = x[1100:], y[1100:]
    for large in (True, False):
        count = 250 if large else 900
        model = keras.Sequential()
        model.add(keras.Input((14,)))
        model.add(layers.Embedding(100, 50 if large else 8))
        model.add(layers.Dropout(0.0 if large else 0.3))
        model.add(layers.LSTM(50 if large else 12))
        model.add(layers.Dense(2, activation="softmax"))
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True) if large else keras.optimizers.Adam(0.005)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["acc"])
        fit = {"validation_data": (x[900:1100], y[900:1100]), "epochs": 50 if large else 8, "batch_size": 25}
        yield Training(model, x[:count], y[:count], fit, (new_x, new_y))


class Batches(keras.utils.PyDataset):
    """Batches of digits in turn, or the first of them again and again."""

    def __init__(self, x, y, size, stuck):
        super().__init__()
        self.x, self.y, self.size, self.stuck = x, y, size, stuck

    def __len__(self):
        return len(self.x) // self.size

    def __getitem__(self, index):
        start = 0 if self.stuck else index * self.size
        return self.x[start : start + self.size], self.y[start : start + self.size]


@report("https://github.com/keras-team/keras/issues/3985", "overfitting", "duplicated_samples", recurrent=False)
def generator_starts_again():
    """The generator sets its counter to 0 before each batch, so that the model is trained on the first batch only."""
    x, y, new_x, new_y = digits()
    for stuck in (True, False):
        model = keras.Sequential()
        model.add(keras.Input((64,)))
        model.add(layers.Dense(64, activation="relu"))
        model.add(layers.Dense(64, activation="relu"))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(keras.optimizers.RMSprop(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = {"epochs": 10, "validation_data": (x[1000:], y[1000:])}
        yield Training(model, Batches(x[:1000], y[:1000], 20, stuck), None, fit, (new_x, new_y))
