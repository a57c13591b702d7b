"""The dot is the horizon, the bar its interval, the row the mitigation."""

import pandas as pd

from tests.support.drawing import data, drawn, own_lines, row_labels
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
    y = row_labels(axes)[mitigation]
    ticks = {place: label.get_text() for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)}
    own = [line for line in own_lines(axes) if line.get_ydata()[0] == y]
    (bar,) = [line for line in own if len(line.get_xdata()) == 2]
    (dot,) = [line for line in own if line.get_marker() == "o"]
    return [ticks[x] for x in bar.get_xdata()], ticks[dot.get_xdata()[0]], any(line.get_marker() == ">" for line in own)


def test_a_panel_is_a_model_with_a_state_of_a_task_with_several_lags():
    assert set(panels()) == {("adding", "rnn"), ("adding", "lstm")}


def test_the_dot_and_the_bar_are_at_the_lags_of_their_row():
    rnn, lstm = panels()["adding", "rnn"], panels()["adding", "lstm"]
    assert marks(rnn, "none") == (["none", "9"], "5", False)
    assert marks(rnn, "relu") == (["none", "5"], "none", False)
    assert marks(lstm, "rmsprop") == (["5", "9"], "9", True)  # it may lie beyond
    assert rnn.get_xlabel() == "lag"


def test_rows_are_in_the_order_of_the_profile_from_the_top():
    axes = panels()["adding", "rnn"]
    assert list(row_labels(axes)) == ["none", "relu", "rmsprop"] and axes.get_ylim()[0] > axes.get_ylim()[1]
