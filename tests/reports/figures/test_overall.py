"""A dot and its interval a model, mitigation and measure."""

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from tests.support.drawing import data, dots, drawn, own_lines, row_names, x_labels
from unvanish.reports.figures.overall import FIGURE, MEASURES, table

OVERALL = pd.DataFrame(
    [
        ("rnn", "none", 4, 0.3, 0.2, 0.4, np.nan, np.nan, np.nan),
        ("rnn", "rmsprop", 4, 0.8, 0.7, 0.9, 0.95, 0.85, 0.99),
        ("lstm", "none", 4, 1.0, np.nan, np.nan, np.nan, np.nan, np.nan),
    ],
    columns=["model", "mitigation", "n_problems", "iqm", "iqm_low", "iqm_high", "improvement", "improvement_low", "improvement_high"],
)
IQM, IMPROVEMENT = MEASURES["iqm"], MEASURES["improvement"]


def panels():
    return drawn(FIGURE, table(data(overall=OVERALL)))


def marks(axes):
    """Dot and known interval by the name of the row."""
    names = row_names(axes)
    segments = [segment for lines in axes.collections if isinstance(lines, LineCollection) for segment in lines.get_segments()]
    bars = {names[int(segment[0, 1])]: segment[:, 0].tolist() for segment in segments if np.isfinite(segment).all() and len(segment)}
    return {names[int(y)]: x for x, y, *_ in dots(axes)}, bars


def test_dots_and_intervals_are_those_of_their_row():
    shown, bars = marks(panels()[IQM, "rnn"])
    assert shown == {"none": 0.3, "rmsprop": 0.8} and bars == {"none": [0.2, 0.4], "rmsprop": [0.7, 0.9]}
    shown, bars = marks(panels()[IMPROVEMENT, "rnn"])
    assert shown == {"rmsprop": 0.95} and bars == {"rmsprop": [0.85, 0.99]}


def test_only_the_probability_has_a_line_at_one_half():
    for (measure, _), axes in panels().items():
        references = [line for line in axes.lines if line not in own_lines(axes)]
        assert [set(line.get_xdata()) for line in references] == ([{0.5}] if measure == IMPROVEMENT else [])
        assert x_labels(axes) == {measure}


def test_an_unknown_interval_is_a_dot_alone():
    shown, bars = marks(panels()[IQM, "lstm"])
    assert shown["none"] == 1.0 and bars == {}
    assert (IMPROVEMENT, "lstm") not in panels()
