"""The dot is the horizon, the bar its interval, the row the mitigation."""

import pandas as pd
from matplotlib.collections import LineCollection

from tests.support.drawing import data, dots, drawn, own_lines, row_names, x_labels
from unvanish.reports.figures.horizon import FIGURE, table
from unvanish.reports.statistics.horizon import NONE

HORIZONS = pd.DataFrame(
    [
        ("adding", "rnn", "relu", NONE, NONE, 5, 9),
        ("adding", "rnn", "none", 5, NONE, 9, 9),
        ("adding", "lstm", "rmsprop", 9, 5, 9, 9),
        ("adding", "feedforward", "none", NONE, NONE, NONE, 9),
        ("copy_memory", "rnn", "none", 3, 3, 3, 3),
    ],
    columns=["task", "model", "mitigation", "lag", "low", "high", "longest"],
)


def panels():
    return drawn(FIGURE, table(data({"adding": [5, 9], "copy_memory": [3]}, horizons=HORIZONS)))


def marks(axes, mitigation):
    """Names of the lags of the interval's ends and of the dot, and whether an arrow is behind it."""
    row = row_names(axes).index(mitigation)
    ticks = {tick: label.get_text() for tick, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)}
    (bars,) = [collection for collection in axes.collections if isinstance(collection, LineCollection)]
    (bar,) = [segment[:, 0] for segment in bars.get_segments() if segment[0, 1] == row]
    (dot,) = [x for x, y, *_ in dots(axes) if y == row]
    arrows = [y for line in own_lines(axes) if line.get_marker() == ">" for y in line.get_ydata()]
    return [ticks[x] for x in bar], ticks[dot], row in arrows


def test_a_panel_is_a_model_with_a_state_of_a_task_with_several_lags():
    assert set(panels()) == {("adding", "rnn"), ("adding", "lstm")}


def test_the_dot_and_the_bar_are_at_the_lags_of_their_row():
    rnn, lstm = panels()["adding", "rnn"], panels()["adding", "lstm"]
    assert marks(rnn, "none") == (["none", "9"], "5", False)
    assert marks(rnn, "relu") == (["none", "5"], "none", False)
    assert marks(lstm, "rmsprop") == (["5", "9"], "9", True)  # it may lie beyond
    assert x_labels(rnn) == {"lag (steps)"}


def test_rows_are_in_the_order_of_the_profile_from_the_top():
    assert row_names(panels()["adding", "rnn"]) == ["none", "relu", "rmsprop"]
