"""Masks: data that a mask hides, long padding without a mask, masks that are lost on the way."""

import keras
import numpy as np
from keras import layers

from tests.diagnosis.programs.data import split
from tests.diagnosis.programs.program import Training
from tests.diagnosis.reports.report import report


def padded(rows, length):
    """Rows of different lengths with zeros behind them."""
    return keras.utils.pad_sequences(rows, maxlen=length, padding="post", dtype=np.asarray(rows[0]).dtype)


@report("https://github.com/piskvorky/gensim/issues/1900", "masked_data")
def first_word_masked():
    """The vectors' vocabulary starts at index 0, so `mask_zero=True` hides its first and most frequent word, here the negation."""
    random = np.random.default_rng(201)
    sentences = random.choice([0, *range(5, 30)], (1000, 12), p=[0.3, *[0.7 / 25] * 25])
    verdict, negated, place = random.integers(1, 3, 1000), random.integers(0, 2, 1000), random.integers(1, 11, 1000)
    sentences[np.arange(1000), place] = verdict
    sentences[np.arange(1000), place - 1] = np.where(negated, 0, random.integers(5, 30, 1000))
    x, y, new_x, new_y = split(sentences, ((verdict == 1) ^ (negated == 1)).astype("float32"))
    for first, hidden in ((0, True), (1, True)):
        model = keras.Sequential(
            [
                keras.Input((12,)),
                layers.Embedding(31, 8, mask_zero=hidden),
                layers.LSTM(16),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x + first, y, {"epochs": 12, "validation_split": 0.1}, (new_x + first, new_y))


@report("https://github.com/keras-team/keras/issues/7710", "masked_data")
def first_base_masked():
    """Four bases are numbered from 0 and the embedding masks 0, so that every adenine is skipped: indices would have to be shifted by one."""
    random = np.random.default_rng(202)
    bases = random.permuted(np.tile(np.repeat(np.arange(4), 5), (900, 1)), axis=1)
    starts = (bases[:, 1:] == 0) & (bases[:, :-1] != 0)
    runs = starts.sum(axis=1) + (bases[:, 0] == 0)
    y = ((runs - runs.mean()) / runs.std()).astype("float32")
    x, y, new_x, new_y = split(bases, y)
    for shift in (0, 1):
        given = keras.Input((20,), dtype="int32")
        hidden = layers.Embedding(5, 6, mask_zero=True)(given)
        hidden = layers.GRU(16)(hidden)
        model = keras.Model(given, layers.Dense(1)(hidden))
        model.compile(keras.optimizers.Adam(0.02), "mse")
        yield Training(model, x + shift, y, {"epochs": 14}, (new_x + shift, new_y))


def comments(seed, length, words=40, count=700):
    """Short comments, padded to a length; whether word 1 comes before word 2."""
    random = np.random.default_rng(seed)
    rows, first = [], random.integers(1, 3, count)
    for which in first:
        row = random.integers(3, words, random.integers(5, 10))
        row[np.sort(random.choice(len(row), 2, replace=False))] = (which, 3 - which)
        rows.append(row)
    return padded(rows, length), (first == 1).astype("float32")


@report("https://github.com/keras-team/keras/issues/1855", "unmasked_padding")
def padding_without_masking():
    """Sentences are padded with zeros and no layer masks them: the loss remains the same."""
    x, y, new_x, new_y = split(*comments(203, 50))
    for mask in (False, True):
        model = keras.Sequential()
        model.add(keras.Input((50,)))
        model.add(layers.Embedding(40, 16, mask_zero=mask))
        model.add(layers.LSTM(16))
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 10, "batch_size": 16}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/20898", "unmasked_padding")
def text_vectorization_pads_behind():
    """`TextVectorization` pads behind the text, so an LSTM without a mask ends on many steps of padding and does not learn."""
    random = np.random.default_rng(204)
    neutral = [f"word{i}" for i in range(60)]
    good, bad = ["superb", "moving", "brilliant"], ["dull", "awful", "boring"]
    liked = random.integers(0, 2, 600)
    texts = []
    for verdict in liked:
        words = list(random.choice(neutral, random.integers(4, 12)))
        words.insert(random.integers(len(words)), random.choice(good if verdict else bad))
        texts.append(" ".join(words))
    vectorize = layers.TextVectorization(80, output_sequence_length=64)
    vectorize.adapt(texts)
    x, y, new_x, new_y = split(np.asarray(vectorize(texts)), liked.astype("float32"))
    for mask in (False, True):
        given = keras.Input((64,), dtype="int64")
        hidden = layers.Embedding(80, 16, mask_zero=mask)(given)
        hidden = layers.Dropout(0.3)(hidden)
        hidden = layers.LSTM(16)(hidden)
        hidden = layers.Dense(16, activation="relu")(hidden)
        model = keras.Model(given, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 8, "validation_split": 0.15}, (new_x, new_y))


@report("https://github.com/keras-team/keras/pull/361", "unmasked_padding")
def features_padded_behind():
    """Sequences of features are padded with zeros behind them and fed to an LSTM without a `Masking` layer."""
    random = np.random.default_rng(205)
    rows, y = [], []
    for _ in range(700):
        row = random.normal(size=(random.integers(3, 9), 4)).astype("float32")
        rows.append(row)
        y.append([row[:, 0].mean() * 2, row[-1, 1]])
    x, y, new_x, new_y = split(padded(rows, 64), np.array(y, "float32"))
    for mask in (False, True):
        model = keras.Sequential([keras.Input((64, 4))])
        if mask:
            model.add(layers.Masking(0.0))
        model.add(layers.LSTM(20))
        model.add(layers.Dense(2))
        model.compile(keras.optimizers.Adam(0.005), "mse")
        yield Training(model, x, y, {"epochs": 10}, (new_x, new_y))


@report("https://github.com/aneesh-joshi/LSTM_POS_Tagger/issues/8", "unmasked_padding")
def tags_of_padding():
    """Sentences of a tagger are padded and not masked: the accuracy is that of finding the padding, and words get one tag."""
    random = np.random.default_rng(206)
    sentences, tags = [], []
    for _ in range(500):
        words = random.integers(1, 61, random.integers(2, 6))
        tag = 1 + words % 6
        tag[1:] = np.where(words[:-1] > 50, 1 + (tag[1:] % 6), tag[1:])
        sentences.append(words)
        tags.append(tag)
    x, y, new_x, new_y = split(padded(sentences, 50), padded(tags, 50))
    for mask in (False, True):
        model = keras.Sequential()
        model.add(keras.Input((50,)))
        model.add(layers.Embedding(61, 16, mask_zero=mask))
        model.add(layers.Bidirectional(layers.LSTM(16, return_sequences=True)))
        model.add(layers.TimeDistributed(layers.Dense(7, activation="softmax")))
        model.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 5 if mask else 2, "batch_size": 16}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/15194", "mask_lost")
def reshape_drops_the_mask():
    """Pairs of tokens are embedded with `mask_zero=True` and reshaped for the LSTM; `Reshape` drops the mask."""
    random = np.random.default_rng(207)
    rows = [random.integers(2, 20, (random.integers(3, 8), 2)) for _ in range(700)]
    first = random.integers(0, 2, 700)
    for row, lead in zip(rows, first, strict=True):
        row[0, lead] = 1
    x, y, new_x, new_y = split(padded(rows, 60), first.astype("float32"))
    for kept in (False, True):
        given = keras.Input((60, 2), dtype="int32")
        embedded = layers.Embedding(20, 8, mask_zero=True)(given)
        steps = layers.Reshape((60, 16))(embedded)
        hidden = layers.LSTM(16)(steps, mask=keras.ops.any(given > 0, axis=-1)) if kept else layers.LSTM(16)(steps)
        model = keras.Model(given, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 10}, (new_x, new_y))


@report("https://github.com/keras-team/keras/issues/16267", "mask_lost")
def convolution_drops_the_mask():
    """Activity recordings of different lengths are masked, but the convolutions before the LSTM do not pass the mask on."""
    random = np.random.default_rng(208)
    rows, y = [], random.integers(0, 3, 600)
    for kind in y:
        steps = np.arange(random.integers(6, 14))
        row = np.stack([np.sin(steps * (0.6, 1.2, 2.0)[kind] + random.uniform(0, 6)), random.normal(size=len(steps))], axis=1)
        rows.append((row + 0.3 * random.normal(size=row.shape)).astype("float32"))
    x, y, new_x, new_y = split(padded(rows, 72), y)
    for kept in (False, True):
        given = keras.Input((72, 2))
        masked = layers.Masking(0.0)(given)
        hidden = layers.Conv1D(16, 5, padding="same", activation="relu")(masked)
        hidden = layers.Conv1D(16, 3, padding="same", activation="relu")(hidden)
        hidden = layers.LSTM(24)(hidden, mask=keras.ops.any(given != 0, axis=-1)) if kept else layers.LSTM(24)(hidden)
        model = keras.Model(given, layers.Dense(3, activation="softmax")(hidden))
        model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 7}, (new_x, new_y))


class HalfRate(layers.Layer):
    """Means of every two steps, as users write a pooling layer; it passes the mask on where it is told to."""

    def __init__(self, passes_mask, **settings):
        super().__init__(**settings)
        self.supports_masking = passes_mask

    def call(self, inputs):
        return (inputs[:, ::2] + inputs[:, 1::2]) / 2

    def compute_mask(self, inputs, mask=None):
        return mask[:, ::2] if self.supports_masking and mask is not None else None


@report("https://github.com/tensorflow/tensorflow/issues/49262", "mask_lost")
def pooling_drops_the_mask():
    """A masked and zero-padded sequence is pooled before the recurrent layer, and the mask does not come through the pooling."""
    random = np.random.default_rng(209)
    rows, y = [], random.integers(0, 2, 600).astype("float32")
    for rising in y:
        steps = 2 * random.integers(3, 8)
        drift = np.linspace(-1, 1, steps) * (1 if rising else -1)
        rows.append((drift[:, None] * [1, 0.5, 0] + 0.7 * random.normal(size=(steps, 3))).astype("float32"))
    x, y, new_x, new_y = split(padded(rows, 90), y)
    for kept in (False, True):
        given = keras.Input((90, 3))
        hidden = layers.Masking(0.0)(given)
        hidden = layers.TimeDistributed(layers.Dense(8, activation="tanh"))(hidden)
        hidden = HalfRate(kept)(hidden)
        hidden = layers.LSTM(16)(hidden)
        model = keras.Model(given, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
        yield Training(model, x, y, {"epochs": 4}, (new_x, new_y))
