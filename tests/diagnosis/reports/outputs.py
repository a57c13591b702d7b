"""Programs whose output or loss does not fit their targets."""

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential, layers, losses, optimizers
from sklearn import datasets

from tests.diagnosis.programs import data
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://stackoverflow.com/questions/47241622/is-it-okay-to-use-stateful-recurrent-nn-lstm-for-classification", "wrong_output")
def softmax_over_one_unit_of_a_stateful_lstm():
    """A softmax over one unit is always 1, and the classes are -1 and 1 under a binary cross-entropy."""
    random = np.random.default_rng(47241622)
    x = random.integers(0, 2, (600, 12, 4)).astype("float32")
    classes = np.where(x[:, :, 0].sum(axis=1) > x[:, :, 1].sum(axis=1), 1, -1)
    for activation, y in (("softmax", classes), ("sigmoid", (classes + 1) // 2)):
        model = Sequential([Input(batch_shape=(50, 12, 4)), layers.LSTM(16, stateful=True), layers.Dense(1, activation=activation)])
        parts = x[:450], y[:450], x[450:], y[450:]
        yield training(model, parts, "binary_crossentropy", optimizers.Adam(0.02), ["accuracy"], epochs=15, batch_size=50)


@report("https://discuss.tensorflow.org/t/lstm-only-yielding-outputs-between-0-1/3471", "wrong_output")
def softmax_for_a_guitar_effect():
    """Two real numbers up to 27 in size are predicted by a softmax with a categorical cross-entropy."""
    random = np.random.default_rng(3471)
    x = np.cumsum(random.normal(size=(500, 20, 2)), axis=1).clip(-27, 27).astype("float32")
    y = (x * 0.5 ** np.arange(20)[::-1, None]).sum(axis=1).clip(-27, 27).astype("float32")
    for activation, loss in (("softmax", "categorical_crossentropy"), (None, "mse")):
        model = Sequential([Input((20, 2)), layers.LSTM(32), layers.Dense(2, activation=activation)])
        yield training(model, data.split(x, y), loss, optimizers.Adam(0.02), epochs=12)


@report("https://github.com/jsyoon0823/Time-series-prediction/issues/3", "wrong_output", "target_scale")
def sigmoid_for_temperatures():
    """A sigmoid output is trained on temperatures, which lie far above 1."""
    random = np.random.default_rng(3)
    x = random.normal(size=(600, 16, 3)).astype("float32")
    degrees = (18 + 12 * np.tanh(x[:, -5:, 0].mean(axis=1) * 2) + x[:, -1, 1]).astype("float32")
    low, high = degrees.min(), degrees.max()
    for y in (degrees, (degrees - low) / (high - low)):
        given = Input((16, 3))
        hidden = layers.GRU(16, return_sequences=True)(given)
        weights = layers.Softmax(axis=1)(layers.Dense(1)(hidden))
        attended = layers.Flatten()(layers.Dot(axes=1)([weights, hidden]))
        model = Model(given, layers.Dense(1, activation="sigmoid")(attended))
        yield training(model, data.split(x, y), "mse", optimizers.Adam(0.01), ["mae"], epochs=15)


@report("https://github.com/keras-team/keras/issues/321", "wrong_output")
def softmax_for_two_saws():
    """The next values of two saw-like series from 1 to 10 are predicted by a softmax."""
    random = np.random.default_rng(321)
    starts = random.integers(0, 10, (500, 2))
    saws = 1 + (starts[:, None, :] + np.arange(13)[None, :, None] * np.array([1, 9])) % 10 + 0.1 * random.normal(size=(500, 13, 2))
    parts = data.split(saws[:, :-1].astype("float32"), saws[:, -1].astype("float32"))
    for activation in ("softmax", None):
        model = Sequential([Input((12, 2)), layers.LSTM(48), layers.Dense(2), layers.Activation(activation)])
        yield training(model, parts, "mse", optimizers.RMSprop(0.01), epochs=20)


@report("https://github.com/keras-team/keras/issues/2172", "wrong_output")
def three_classes_for_one_sigmoid():
    """Labels 0, 1 and 2 are given to one sigmoid with a binary cross-entropy, whose loss becomes negative."""
    random = np.random.default_rng(2172)
    classes = random.integers(0, 3, 600)
    words = random.normal(size=(3, 8))
    x = (words[classes][:, None] * (random.random((600, 12, 1)) < 0.3) + 0.6 * random.normal(size=(600, 12, 8))).astype("float32")
    for units, activation, loss in ((1, "sigmoid", "binary_crossentropy"), (3, "softmax", "sparse_categorical_crossentropy")):
        model = Sequential([Input((12, 8)), layers.LSTM(24), layers.Dropout(0.2), layers.Dense(units, activation=activation)])
        yield training(model, data.split(x, classes), loss, optimizers.Adam(0.01), ["accuracy"], epochs=10)


@report("https://github.com/rstudio/keras3/issues/465", "wrong_output", recurrent=False)
def species_counted_from_one():
    """Three species are labelled 1, 2 and 3 for three units."""
    iris = datasets.load_iris()
    for first in (1, 0):
        model = Sequential([Input((4,)), layers.Dense(10, activation="relu"), layers.Dense(3, activation="softmax")])
        parts = data.standardised(iris.data, iris.target + first)
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.02), ["accuracy"], epochs=30, batch_size=16)


@report("https://github.com/DUT-Info-Montreuil/SecretarIA/issues/6", "wrong_output")
def next_word_as_large_as_the_vocabulary():
    """A language model has as many units as words, but its words are numbered from 1."""
    random = np.random.default_rng(6)
    follow = random.permutation(np.arange(1, 21))
    text = np.zeros((640, 9), int)
    text[:, 0] = random.integers(1, 21, 640)
    for i in range(1, 9):
        text[:, i] = np.where(random.random(640) < 0.85, follow[text[:, i - 1] - 1], random.integers(1, 21, 640))
    for more in (0, 1):
        model = Sequential([Input((8,)), layers.Embedding(21, 12), layers.LSTM(32), layers.Dense(20 + more, activation="softmax")])
        parts = data.split(text[:, :-1], text[:, -1])
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.02), ["accuracy"], epochs=15)


@report("https://github.com/keras-team/keras/issues/741", "wrong_output")
def several_labels_under_a_softmax():
    """Samples with several labels each are trained under a softmax, so no two of them can be likely at once."""
    random = np.random.default_rng(741)
    tokens = random.integers(7, 30, (600, 12))
    y = (random.random((600, 7)) < 0.4).astype("float32")
    for label in range(7):
        tokens[np.arange(600), label + random.integers(0, 5)] = np.where(y[:, label] == 1, label, tokens[np.arange(600), label])
    y = np.stack([(tokens == label).any(axis=1) for label in range(7)], axis=1).astype("float32")
    for activation, loss in (("softmax", "categorical_crossentropy"), ("sigmoid", "binary_crossentropy")):
        model = Sequential([Input((12,)), layers.Embedding(30, 16), layers.GRU(32), layers.Dense(7, activation=activation)])
        yield training(model, data.split(tokens, y), loss, optimizers.Adam(0.02), ["binary_accuracy"], epochs=15)


@report("https://github.com/keras-team/keras/issues/1987", "wrong_output")
def softmax_for_places_and_temperatures():
    """Latitude, longitude and temperature are predicted through two softmax layers with a categorical cross-entropy."""
    random = np.random.default_rng(1987)
    paths = np.array([40, 40, 20]) + np.cumsum(random.normal(size=(500, 13, 3)) * [1.0, 1.0, 2.0], axis=1)
    x = paths[:, :-1].astype("float32")
    x[np.arange(12) >= random.integers(8, 13, (500, 1))] = 0
    ends = np.array([sequence[sequence.any(axis=1)][-1] for sequence in x])
    for scaled in (False, True):
        if not scaled:
            layer = layers.Masking(0.0), layers.LSTM(16), layers.Activation("softmax"), layers.Dense(3), layers.Activation("softmax")
            yield training(Sequential([Input((12, 3)), *layer]), data.split(x, ends), "categorical_crossentropy", "rmsprop", epochs=10)
        else:
            inputs = np.where(x == 0, 0, (x - [40, 40, 20]) / 4).astype("float32")
            layer = layers.Masking(0.0), layers.LSTM(32), layers.Dense(3)
            parts = data.split(inputs, ((ends - [40, 40, 20]) / 4).astype("float32"))
            yield training(Sequential([Input((12, 3)), *layer]), parts, "mse", optimizers.RMSprop(0.01), epochs=10)


@report("https://github.com/tensorflow/docs/pull/2102", "wrong_output", recurrent=False)
def logits_taken_for_probabilities():
    """The last layer gives logits, and the loss is not told so."""
    random = np.random.default_rng(2102)
    classes = random.integers(0, 4, 640)
    topical = random.random((640, 16)) < 0.35
    tokens = np.where(topical, 1 + 10 * classes[:, None] + random.integers(0, 10, (640, 16)), random.integers(1, 60, (640, 16)))
    for from_logits in (False, True):
        layer = layers.Embedding(60, 16), layers.Dropout(0.2), layers.GlobalAveragePooling1D(), layers.Dropout(0.2), layers.Dense(4)
        loss = losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        yield training(Sequential([Input((16,)), *layer]), data.split(tokens, classes), loss, optimizers.Adam(0.01), ["accuracy"], epochs=12)


class OwnLoop(keras.Model):
    """A model with a training step of its own, as in the report."""

    aligned = False

    def train_step(self, batch):
        x, y = batch
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = tf.reduce_mean(tf.square((y[:, tf.newaxis] if self.aligned else y) - predicted))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        for metric in self.metrics:
            metric.update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}


class AlignedLoop(OwnLoop):
    """The same with targets of the shape of the predictions."""

    aligned = True


@report("https://github.com/tensorflow/tensorflow/issues/28901", "wrong_output", recurrent=False)
def targets_broadcast_against_predictions():
    """Targets of shape (16,) less predictions of shape (16, 1) are a matrix, so the model learns the mean."""
    x, y, new_x, new_y = data.friedman(600)
    for kind in (OwnLoop, AlignedLoop):
        given = Input((10,))
        hidden = layers.Dense(32, activation="relu")(layers.Dense(32, activation="relu")(given))
        model = kind(given, layers.Dense(1)(hidden))
        model.compile(optimizer=optimizers.Adam(0.005))
        yield Training(model, x, y, {"epochs": 12, "batch_size": 16}, (new_x, new_y))


@report("https://github.com/farizrahman4u/seq2seq/issues/189", "wrong_output")
def tanh_for_the_words_of_an_answer():
    """A sequence-to-sequence model gives its recurrent layer's tanh to a categorical cross-entropy, without a softmax."""
    random = np.random.default_rng(189)
    tokens = random.integers(0, 8, (600, 5))
    x = random.normal(size=(8, 6))[tokens].astype("float32")
    parts = data.split(x, np.eye(8, dtype="float32")[tokens])
    for softmax in (False, True):
        hidden = layers.LSTM(48), layers.RepeatVector(5), layers.LSTM(48, return_sequences=True)
        answer = [layers.TimeDistributed(layers.Dense(8)), layers.Activation("softmax")] if softmax else [layers.LSTM(8, return_sequences=True)]
        model = Sequential([Input((5, 6)), *hidden, *answer])
        yield training(model, parts, "categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=20)


@report("https://stackoverflow.com/questions/60306255/keras-lstm-input-and-output-variable-ranges", "wrong_output")
def sigmoid_for_standardised_targets():
    """Targets have mean 0 and deviation 1, and the output can only be between 0 and 1."""
    random = np.random.default_rng(60306255)
    x = random.normal(size=(600, 14, 2)).astype("float32")
    y = x[:, -4:, 0].sum(axis=1) - x[:, -1, 1]
    y = ((y - y.mean()) / y.std()).astype("float32")
    for activation in ("sigmoid", None):
        model = Sequential([Input((14, 2)), layers.LSTM(24), layers.Dense(1, activation=activation)])
        yield training(model, data.split(x, y), "mse", optimizers.Adam(0.01), epochs=10)


@report("https://github.com/keras-team/keras/issues/1261", "wrong_output")
def six_classes_for_one_unit():
    """Six classes as one-hot rows are given to one unit with a softmax."""
    random = np.random.default_rng(1261)
    classes = random.integers(0, 6, 640)
    tokens = np.where(random.random((640, 10)) < 0.4, 1 + 4 * classes[:, None] + random.integers(0, 4, (640, 10)), random.integers(1, 40, (640, 10)))
    parts = data.split(tokens, np.eye(6, dtype="float32")[classes])
    for units in (1, 6):
        recurrent = layers.Bidirectional(layers.LSTM(16))
        model = Sequential([Input((10,)), layers.Embedding(40, 16), recurrent, layers.Dropout(0.2), layers.Dense(units, activation="softmax")])
        yield training(model, parts, "categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=10)


@report("https://github.com/keras-team/keras/issues/2908", "wrong_loss")
def percentage_error_of_a_load_of_zero():
    """Loads that are 0 for much of the time are trained under the mean absolute percentage error."""
    random = np.random.default_rng(2908)
    x = random.normal(size=(600, 12, 3)).astype("float32")
    load = (2 * x[:, -4:, 0].sum(axis=1) + x[:, -1, 1]).clip(0).astype("float32")
    for loss in ("mape", "mse"):
        model = Sequential([Input((12, 3)), layers.GRU(24), layers.Dense(1)])
        yield training(model, data.split(x, load), loss, optimizers.Adam(0.01), ["mae"], epochs=12)
