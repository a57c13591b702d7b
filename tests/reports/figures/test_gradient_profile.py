"""The gradient against steps back, of the first and of the last probe, as it was measured."""

import numpy as np
import pandas as pd

from tests.reports.figures.test_gradients import gradients
from tests.support.drawing import data, own_lines, x_labels
from unvanish.reports.figures.gradient_profile import FIGURE, table
from unvanish.reports.figures.visibility import NOTE


def axes_of(*measured):
    rows = table(data({"adding": [2]}, gradients=pd.concat(measured, ignore_index=True)))
    (drawing,) = FIGURE.drawings(rows)
    return drawing.canvas.axes


def test_the_lines_are_those_of_the_first_and_the_last_probe():
    before, after = axes_of(gradients({(1, 0): [2.0, 1.0, 0.5], (1, 20): [1.0, 7.0, 7.0], (1, 40): [4.0, 0.4, 0.04]}))
    for axes, expected in ((before, [1, 0.5, 0.25]), (after, [1, 0.1, 0.01])):
        (line,) = own_lines(axes)
        np.testing.assert_allclose(line.get_xydata(), list(zip([0, 1, 2], expected, strict=True)))
        assert axes.get_yscale() == "log" and axes.get_xlim() == (2, 0)
    assert before.get_ylabel().startswith("before training") and after.get_ylabel().startswith("after training")
    assert x_labels(before) == {"steps back from the end"}


def test_a_line_ends_where_the_gradient_is_exactly_zero_and_one_of_each_mitigation_is_drawn():
    (axes,) = axes_of(gradients({(1, 0): [1.0, 0.5, 0.0]}), gradients({(1, 0): [1.0, 2.0, 4.0]}, mitigation="relu"))
    none, relu = own_lines(axes)
    assert np.isfinite(none.get_ydata()).tolist() == [True, True] or np.isnan(none.get_ydata()).tolist() == [False, False, True]
    np.testing.assert_allclose(relu.get_ydata(), [1, 2, 4])


def test_a_panel_without_any_gradient_says_so():
    (first, _) = axes_of(gradients({(1, 0): [0.0, 0.0, 0.0], (1, 40): [1.0, 1.0, 1.0]}))
    assert [text.get_text() for text in first.texts if text.get_gid() == NOTE] == ["no gradient"]
