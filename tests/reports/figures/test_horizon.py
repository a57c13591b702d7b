"""The share solved at each lag, with Wilson's interval as SciPy computes it."""

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from scipy.stats import binomtest

from tests.support.drawing import data, drawn, own_lines, x_labels
from unvanish.reports.figures.horizon import APART, FIGURE, table

SOLVED = [
    ("adding", 5, "rnn", "none", 4, 5),
    ("adding", 9, "rnn", "none", 1, 5),
    ("adding", 5, "rnn", "relu", 5, 5),
    ("adding", 9, "rnn", "relu", 0, 0),  # not run
    ("adding", 5, "lstm", "rmsprop", 3, 5),
    ("adding", 5, "feedforward", "none", 0, 5),
    ("copy_memory", 3, "rnn", "none", 3, 5),
]


def interval(n_solved, n_trials):
    return tuple(binomtest(n_solved, n_trials).proportion_ci(method="wilson")) if n_trials else (np.nan, np.nan)


def panels():
    rows = [(*row, *interval(*row[-2:])) for row in SOLVED]
    conditions = pd.DataFrame(rows, columns=["task", "lag", "model", "mitigation", "n_solved", "n_trials", "success_low", "success_high"])
    return drawn(FIGURE, table(data({"adding": [5, 9], "copy_memory": [3]}, conditions=conditions)))


def test_a_panel_is_a_model_with_a_state_of_a_task_with_several_lags():
    assert set(panels()) == {("adding", "rnn"), ("adding", "lstm")}


def test_a_line_goes_through_the_share_solved_close_to_each_lag():
    axes = panels()["adding", "rnn"]
    none, relu = own_lines(axes)
    np.testing.assert_allclose(none.get_ydata(), [0.8, 0.2])
    np.testing.assert_allclose(relu.get_ydata(), [1.0])  # what was not run is no share of zero
    np.testing.assert_allclose(none.get_xdata(), [0, 1], atol=APART / 2)
    assert not set(none.get_xdata()) & set(relu.get_xdata())
    assert [label.get_text() for label in axes.get_xticklabels()] == ["5", "9"] and x_labels(axes) == {"lag (steps)"}


def test_the_bar_is_the_interval_at_the_place_of_its_share():
    axes = panels()["adding", "rnn"]
    (bars,) = [collection for collection in axes.collections if isinstance(collection, LineCollection)]
    ends = {float(segment[0, 0]): segment[:, 1] for segment in bars.get_segments()}
    none, relu = own_lines(axes)
    for line, counts in ((none, [(4, 5), (1, 5)]), (relu, [(5, 5)])):
        for x, count in zip(line.get_xdata(), counts, strict=True):
            np.testing.assert_allclose(ends[float(x)], interval(*count))
