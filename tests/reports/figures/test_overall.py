"""A dot and its interval a model, mitigation and figure."""

import numpy as np
import pandas as pd

from tests.support.drawing import data, drawn, own_lines, row_labels
from unvanish.reports.figures.overall import FIGURE, SHOWN, table

OVERALL = pd.DataFrame(
    [
        ("rnn", "none", 4, 0.3, 0.2, 0.4, np.nan, np.nan, np.nan),
        ("rnn", "rmsprop", 4, 0.8, 0.7, 0.9, 0.95, 0.85, 0.99),
        ("lstm", "none", 4, 1.0, np.nan, np.nan, np.nan, np.nan, np.nan),
    ],
    columns=["model", "mitigation", "n_problems", "iqm", "iqm_low", "iqm_high", "improvement", "improvement_low", "improvement_high"],
)
IQM, IMPROVEMENT = SHOWN["iqm"], SHOWN["improvement"]


def panels():
    return drawn(FIGURE, table(data(overall=OVERALL)))


def marks(axes):
    """Dot and interval by the name of the row."""
    rows = {y: name for name, y in row_labels(axes).items()}
    dots = {rows[line.get_ydata()[0]]: line.get_xdata()[0] for line in own_lines(axes) if line.get_marker() == "o"}
    bars = {rows[line.get_ydata()[0]]: list(line.get_xdata()) for line in own_lines(axes) if len(line.get_xdata()) == 2}
    return dots, bars


def test_dots_and_intervals_are_those_of_their_row():
    dots, bars = marks(panels()[IQM, "rnn"])
    assert dots == {"none": 0.3, "rmsprop": 0.8} and bars == {"none": [0.2, 0.4], "rmsprop": [0.7, 0.9]}
    dots, bars = marks(panels()[IMPROVEMENT, "rnn"])
    assert dots == {"rmsprop": 0.95} and bars == {"rmsprop": [0.85, 0.99]}


def test_only_the_probability_has_a_line_at_one_half():
    for (figure, _), axes in panels().items():
        references = [line for line in axes.lines if line not in own_lines(axes)]
        assert [set(line.get_xdata()) for line in references] == ([{0.5}] if figure == IMPROVEMENT else [])
        assert axes.get_xlabel() == figure


def test_an_unknown_interval_is_a_dot_alone():
    dots, bars = marks(panels()[IQM, "lstm"])
    assert dots["none"] == 1.0 and np.isnan(bars["none"]).all()
    assert (IMPROVEMENT, "lstm") not in panels()
