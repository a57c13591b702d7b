"""The figure of the predictions on the test part."""

import types

import numpy as np
import pytest

from tests.support.recorded import class_answer, number_answer
from unvanish.reports.figures.recorded import FIGURE, NETWORK, SIMPLE


def table(*answers):
    return FIGURE.table(types.SimpleNamespace(recorded=answers))


def test_a_class_has_its_recall_with_the_range_over_the_seeds():
    found = table(class_answer()).set_index(["x", "series"])
    assert found.value["a (2)", NETWORK] == 1 and found.value["b (2)", NETWORK] == 0.5 and found.value["a (2)", SIMPLE] == 0.5


def test_a_number_has_a_line_of_actual_values_and_of_each_predictor():
    found = table(number_answer())
    network = found[found.series == NETWORK]
    assert list(network.value) == [69.5, 70.5, 72] and list(network.low) == [69, 70, 72] and list(network.high) == [70, 71, 72]


@pytest.mark.parametrize("answers", [(class_answer(),), (number_answer(),), (class_answer(), number_answer())])
def test_every_answer_is_drawn(answers):
    drawings = list(FIGURE.drawings(table(*answers)))
    assert len(drawings) == len(answers)


def test_the_drawn_lines_are_the_values_of_the_table():
    found = table(number_answer())
    (drawing,) = FIGURE.drawings(found)
    (axes,) = drawing.canvas.axes
    for line, (_, part) in zip(axes.lines[:3], found.groupby("series", sort=False), strict=True):
        assert np.asarray(line.get_ydata()) == pytest.approx(part.value.to_numpy(float))
    assert axes.get_ylabel() == "weight" and axes.get_xlabel() == "test row, in order"
