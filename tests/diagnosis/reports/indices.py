"""Programs whose tokens lie beyond their embedding. On the CPU Keras raises an error; on a GPU such a row is 0 or NaN."""

import numpy as np
from keras import Input, Model, Sequential, layers, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/keras-team/keras/issues/11819", "index_out_of_range")
def vocabulary_counted_from_one():
    """Words are numbered from 1 and the embedding has as many rows as there are words, so the last word is beyond it."""
    random = np.random.default_rng(11819)
    tokens = random.integers(1, 40, (600, 8))
    tokens[[217, 388], [3, 5]] = 40
    y = ((tokens < 14).sum(axis=1) > 2).astype("int32")
    table = random.normal(size=(41, 12)).astype("float32")
    table[:14, 0] += 3
    for rows in (40, 41):
        embedding = layers.Embedding(rows, 12, weights=[table[:rows]], trainable=False)
        model = Sequential([Input((8,)), embedding, layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
        yield training(model, data.split(tokens, y), "binary_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=12)


@report("https://github.com/TannerGilbert/Tutorials/issues/1", "index_out_of_range", recurrent=False)
def largest_book_without_a_row():
    """A recommender's embedding has as many rows as the largest number of a book, which needs one more."""
    random = np.random.default_rng(1)
    books, users = random.integers(1, 51, 800), random.integers(1, 41, 800)
    tastes, styles = random.normal(size=(41, 2)), random.normal(size=(51, 2))
    ratings = np.clip(3 + 0.7 * tastes[users, 0] + 0.9 * styles[books, 0] + 0.3 * random.normal(size=800), 1, 5).astype("float32")
    parts = [books[:640], users[:640]], ratings[:640], [books[640:], users[640:]], ratings[640:]
    for more in (0, 1):
        book, user = Input((1,)), Input((1,))
        vectors = [layers.Flatten()(layers.Embedding(number + more, 5)(one)) for one, number in ((book, 50), (user, 40))]
        hidden = layers.Dense(32, activation="relu")(layers.Concatenate()(vectors))
        yield training(Model([book, user], layers.Dense(1)(hidden)), parts, "mse", optimizers.Adam(0.01), epochs=15)


@report("https://github.com/tensorflow/tensorflow/issues/41312", "index_out_of_range")
def missing_word_cast_to_an_integer():
    """Unknown words are NaN in the table of numbers, and as integers they are far below 0."""
    random = np.random.default_rng(41312)
    numbers = random.integers(1, 30, (600, 14)).astype("float64")
    unknown = random.random((600, 14)) < 0.02
    y = ((numbers <= 10).sum(axis=1) >= 5).astype("int32")
    for filler in (-2147483648, 0):
        tokens = np.where(unknown, filler, numbers).astype("int32")
        model = Sequential([Input((14,)), layers.Embedding(30, 16), layers.Bidirectional(layers.LSTM(12)), layers.Dense(1, activation="sigmoid")])
        yield training(model, data.split(tokens, y), "binary_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=12)


@report("https://github.com/hlamba28/Word-Level-Eng-Mar-NMT/issues/3", "index_out_of_range")
def last_token_of_the_decoder():
    """In a translation the decoder's embedding has one row too few for its tokens."""
    random = np.random.default_rng(3)
    source = random.integers(1, 12, (600, 6))
    target = source[:, ::-1] + 1
    given = np.concatenate([np.full((600, 1), 1), target[:, :-1]], axis=1)
    parts = [source[:480], given[:480]], target[:480], [source[480:], given[480:]], target[480:]
    for more in (0, 1):
        encoded, decoded = Input((None,)), Input((None,))
        _, *state = layers.LSTM(48, return_state=True)(layers.Embedding(12, 24, mask_zero=True)(encoded))
        hidden = layers.LSTM(48, return_sequences=True)(layers.Embedding(12 + more, 24, mask_zero=True)(decoded), initial_state=state)
        model = Model([encoded, decoded], layers.Dense(13, activation="softmax")(hidden))
        yield training(model, parts, "sparse_categorical_crossentropy", optimizers.Adam(0.01), ["accuracy"], epochs=15)
