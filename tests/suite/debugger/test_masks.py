"""What is measured of masks and padding agrees with the arrays they are made of, and a mask that gets lost is followed to where it is lost."""

import keras
import numpy as np
import pytest

from unvanish.suite.debugger.architecture import losses
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.data_summary import output_summaries
from unvanish.suite.debugger.gradients import measure as gradients
from unvanish.suite.debugger.masks import measure, run_lengths
from unvanish.suite.diagnosis.sequence_facts import LOSS

L = keras.layers


def tokens(count=60, steps=12):
    """Token ids of 4 to 8 steps, padded with 0 behind; what is asked is the first token."""
    random = np.random.default_rng(0)
    x = np.zeros((count, steps), int)
    for row, length in zip(x, random.integers(4, 9, count), strict=True):
        row[:length] = random.integers(1, 9, length)
    return x, (x[:, 0] > 4).astype("float32")


def sequences_of(model, x, y):
    given = checked(x, y)
    found = gradients(model, given.take(slice(8)))
    return measure(model, given, output_summaries(model, given.y, found.predictions, found.calls))


def binary(*parts):
    model = keras.Sequential([*parts, L.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    assert losses(model, 1)
    return model


def test_the_shares_of_a_mask_are_those_of_the_tokens():
    x, y = tokens()
    (mask,) = sequences_of(binary(keras.Input((12,)), L.Embedding(9, 4, mask_zero=True, name="words"), L.LSTM(3)), x, y).masks
    assert (mask.layer, mask.kind, mask.value) == ("words", "Embedding", 0.0)
    assert mask.hidden == mask.trailing == pytest.approx((x == 0).mean()) and mask.between == mask.empty == 0.0 and not mask.missed_by


def test_hidden_steps_between_others_are_counted_and_asked_what_they_say():
    random = np.random.default_rng(1)
    x = (random.random((300, 10, 1)) < 0.4).astype("float32")
    x[:3] = 0
    since = x[:, ::-1, 0].argmax(axis=1).astype("float32")
    model = keras.Sequential([keras.Input((10, 1)), L.Masking(0.0), L.SimpleRNN(3), L.Dense(1)])
    model.compile("adam", "mse")
    (mask,) = sequences_of(model, x, since).masks
    inside = [bool(np.diff(np.flatnonzero(row)).max(initial=1) > 1) for row in x[:, :, 0]]
    assert mask.hidden == pytest.approx((x == 0).mean()) and mask.between == pytest.approx(np.mean(inside))
    assert mask.empty == pytest.approx((x.max(axis=1) == 0).mean()) and mask.score > 0.9  # the steps since the last 1 are a place


@pytest.mark.parametrize(
    ("between", "lost_in"),
    [
        (lambda: [L.Conv1D(4, 3, padding="same", name="convolution")], "convolution"),
        (lambda: [L.Reshape((12, 4), name="shape")], "shape"),
        (lambda: [L.TimeDistributed(L.Dense(4)), L.Dropout(0.1)], ""),
        (lambda: [L.LSTM(4, return_sequences=True), L.BatchNormalization()], ""),
    ],
    ids=["convolution", "reshape", "time distributed", "recurrent"],
)
@pytest.mark.filterwarnings("ignore:Layer")
def test_a_mask_is_lost_in_the_layer_that_passes_none_on(between, lost_in):
    x, y = tokens()
    (mask,) = sequences_of(binary(keras.Input((12,)), L.Embedding(9, 4, mask_zero=True), *between(), L.LSTM(3, name="reader")), x, y).masks
    assert (mask.lost_in, mask.missed_by) == (lost_in, "reader" if lost_in else "")


@pytest.mark.filterwarnings("ignore:Layer")
def test_a_mask_that_does_not_reach_the_loss_of_every_step_is_named():
    x, _ = tokens()
    parts = keras.Input((12,)), L.Embedding(9, 4, mask_zero=True), L.GRU(4, return_sequences=True)
    lost, kept = binary(*parts, L.Conv1D(4, 1, name="convolution")), binary(*parts)
    y = (x > 4).astype("float32")[..., None]
    assert [(mask.missed_by, mask.lost_in) for mask in sequences_of(lost, x, y).masks] == [(LOSS, "convolution")]
    assert [mask.missed_by for mask in sequences_of(kept, x, y).masks] == [""]


def test_a_second_input_without_a_mask_does_not_lose_that_of_the_first():
    x, y = tokens()
    words, numbers = keras.Input((12,)), keras.Input((5, 2))
    read = L.Concatenate()([L.LSTM(3)(L.Embedding(9, 4, mask_zero=True)(words)), L.LSTM(3)(numbers)])
    model = keras.Model([words, numbers], L.Dense(1, activation="sigmoid")(read))
    model.compile("adam", "binary_crossentropy")
    (mask,) = sequences_of(model, [x, np.ones((60, 5, 2), "float32")], y).masks
    assert mask.missed_by == ""


def test_padding_is_measured_where_no_mask_hides_it():
    x, y = tokens()
    (padding,) = sequences_of(binary(keras.Input((12,)), L.Embedding(9, 4), L.LSTM(3)), x, y).padding
    assert padding.trailing == pytest.approx((x == 0).mean()) and padding.leading < 0.02 and padding.value == 0.0  # two equal first tokens by chance
    assert padding.lengths == len(np.unique((x > 0).sum(axis=1))) and not padding.masked


def test_padding_is_counted_by_a_loss_of_every_step_unless_weights_leave_it_out():
    x, _ = tokens()
    y = np.where(x > 0, 1 + x % 3, 0)[..., None].astype("float32")
    model = keras.Sequential([keras.Input((12,)), L.Embedding(9, 4), L.LSTM(3, return_sequences=True), L.Dense(1)])
    model.compile("adam", "mse")
    assert sequences_of(model, x, y).padding[0].counted and not sequences_of(model, x, x[..., None] + np.arange(12.0)[:, None]).padding[0].counted
    weighted = checked(x, y, (x > 0).astype("float32"))
    assert not measure(model, weighted, ()).padding[0].counted


def test_runs_are_those_of_the_padding_that_most_samples_have():
    rows = np.array([[0, 0, 0, 1, 2], [0, 0, 3, 4, 5], [7, 7, 1, 2, 3], [0, 1, 2, 3, 4]])[..., None]
    assert run_lengths(rows).tolist() == [3, 2, 0, 0]
