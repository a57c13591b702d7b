"""A panel that shows nothing of its data is told from one that does, whatever it is drawn with."""

import numpy as np
import pytest
import seaborn as sns
from matplotlib.figure import Figure

from unvanish.reports.figures.visibility import CONTEXT, has_visible_data, note

NOTHING = {
    "nothing at all": lambda axes: None,
    "only missing values": lambda axes: axes.plot([np.nan], [np.nan], marker="o"),
    "only a reference line": lambda axes: axes.axhline(1.0),
    "only neighbours": lambda axes: axes.plot([0, 1], [0, 1], gid=CONTEXT),
    "only labels": lambda axes: axes.text(0.5, 0.5, "rnn"),
    "outside the axes": lambda axes: (axes.plot([5, 6], [5, 6]), axes.set(xlim=(0, 1), ylim=(0, 1))),
    "below a logarithm": lambda axes: (axes.set(yscale="log", ylim=(1e-3, 1)), axes.plot([1, 2], [-1, 0])),
    "neither line nor marker": lambda axes: axes.plot([0, 1], [0, 1], linestyle="none"),
    "an empty band": lambda axes: axes.fill_between([0, 1], [np.nan] * 2, [np.nan] * 2),
    "a heat map of missing values": lambda axes: sns.heatmap([[np.nan]], ax=axes, cbar=False),
    "dots outside the axes": lambda axes: (axes.scatter([5], [5]), axes.set(xlim=(0, 1), ylim=(0, 1))),
    "bars outside the axes": lambda axes: (axes.hlines([5], [0], [1]), axes.set(xlim=(0, 1), ylim=(0, 1))),
}
SOMETHING = {
    "a line": lambda axes: axes.plot([0, 1], [0, 1]),
    "a dot": lambda axes: axes.plot(1, 1, marker="o", linestyle="none"),
    "dots": lambda axes: axes.scatter([1], [1]),
    "a bar": lambda axes: axes.barh(0, 1.0),
    "a band": lambda axes: axes.fill_between([0, 1], 0, 1),
    "intervals": lambda axes: axes.hlines([0], [0], [1]),
    "an image": lambda axes: axes.imshow([[1.0]]),
    "a heat map": lambda axes: sns.heatmap([[1.0, np.nan]], ax=axes, cbar=False),
    "a note that says why not": lambda axes: note(axes, "not run"),
}


@pytest.mark.parametrize("drawing", NOTHING.values(), ids=NOTHING)
def test_nothing_of_the_data_is_seen(drawing):
    axes = Figure().subplots()
    drawing(axes)
    assert not has_visible_data(axes)


@pytest.mark.parametrize("drawing", SOMETHING.values(), ids=SOMETHING)
def test_a_mark_of_the_data_or_a_note_is_enough(drawing):
    axes = Figure().subplots()
    drawing(axes)
    assert has_visible_data(axes)
