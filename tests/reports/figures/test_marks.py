"""A line for each of a few seeds; of many, the median and the middle half, against NumPy's percentiles."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from unvanish.reports.figures.marks import POINTS, lines


def drawn(seeds, points=20):
    values = np.random.default_rng(0).normal(size=(points, seeds))
    panel = Figure().subplots()
    lines(panel, pd.DataFrame(values, index=10 * np.arange(points)))
    return values, panel


@pytest.mark.parametrize("seeds", [1, 5])
def test_few_seeds_are_drawn_each_for_itself(seeds):
    values, panel = drawn(seeds)
    assert len(panel.lines) == seeds and not panel.collections
    for line, seed in zip(panel.lines, values.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), seed)


def test_of_many_seeds_the_median_and_the_middle_half_are_drawn():
    values, panel = drawn(9)
    (line,), (band,) = panel.lines, panel.collections
    np.testing.assert_allclose(line.get_ydata(), np.median(values, axis=1))
    corners = {(round(x), round(y, 9)) for x, y in band.get_paths()[0].vertices}
    low, high = np.percentile(values, [25, 75], axis=1)
    assert {(10 * i, round(y, 9)) for side in (low, high) for i, y in enumerate(side)} <= corners


def test_long_lines_are_thinned_and_keep_their_ends():
    _, panel = drawn(1, points=1000)
    (line,) = panel.lines
    assert len(line.get_xdata()) == POINTS and line.get_xdata()[[0, -1]].tolist() == [0, 9990]


def test_those_that_exploded_do_not_leave_the_word_to_those_that_did_not():
    """Of nine, five have exploded by the tenth point: the line ends there; four low ones do not make a low median."""
    values = np.full((20, 9), 0.9)
    values[:, :4] = 0.1
    values[10:, 4:] = np.nan
    panel = Figure().subplots()
    lines(panel, pd.DataFrame(values, index=np.arange(20)))
    (line,) = panel.lines
    np.testing.assert_array_equal(line.get_ydata(), [0.9] * 10 + [np.nan] * 10)
