"""The stairs of each condition with their band, the other mitigations in grey."""

import numpy as np
import pandas as pd
import pytest

from tests.support.drawing import context_lines, data, drawn, own_lines
from unvanish.reports.figures.steps import FIGURE, table
from unvanish.reports.figures.style import ACCENT, GREY


def trials(model, mitigation, solved_at):
    return pd.DataFrame(
        {"task": "adding", "lag": 5, "model": model, "mitigation": mitigation, "seed": range(len(solved_at)), "steps": 100, "solved_at": solved_at}
    )


def panels(*parts):
    evaluated = pd.concat(parts, ignore_index=True)
    return drawn(FIGURE, table(data(evaluated=evaluated)))


SOME = [trials("rnn", "rmsprop", [10.0, 30.0, np.nan, np.nan]), trials("rnn", "none", [np.nan] * 4), trials("feedforward", "none", [np.nan] * 4)]


def test_the_line_of_a_panel_is_the_share_solved_by_each_step():
    """Two of four have solved the task, at 10 and at 30 steps of 100."""
    axes = panels(*SOME)["adding", 5, "rnn", "rmsprop"]
    (line,) = own_lines(axes)
    assert line.get_drawstyle() == "steps-post" and line.get_color() == ACCENT
    np.testing.assert_allclose(line.get_xdata(), [0, 10, 30, 100])
    np.testing.assert_allclose(line.get_ydata(), [0, 0.25, 0.5, 0.5])
    assert axes.get_xlabel() == "training step" and axes.get_ylim()[1] >= 1


def test_the_band_holds_the_line_and_has_a_width():
    axes = panels(*SOME)["adding", 5, "rnn", "rmsprop"]
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    here = corners[np.abs(corners[:, 0] - 30) < 1e-9][:, 1]
    assert here.min() < 0.5 < here.max()


def test_grey_are_the_other_mitigations_of_the_same_network_only():
    both = panels(*SOME, trials("lstm", "relu", [50.0] * 4))
    (grey,) = context_lines(both["adding", 5, "rnn", "rmsprop"])
    assert grey.get_color() == GREY and np.all(np.asarray(grey.get_ydata()) == 0)
    (grey,) = context_lines(both["adding", 5, "rnn", "none"])
    assert np.max(grey.get_ydata()) == pytest.approx(0.5)
    assert not context_lines(both["adding", 5, "lstm", "relu"])


def test_what_solves_nothing_stays_at_zero_and_a_benchmark_that_solves_nothing_has_no_such_figure():
    (line,) = own_lines(panels(*SOME)["adding", 5, "rnn", "none"])
    assert np.all(np.asarray(line.get_ydata()) == 0)
    assert not panels(SOME[1])
