"""The exponent of what grows as a power is that power; the figure is drawn."""

import pytest

from tests.performance.growth import Growth, draw


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_is_that_power(power):
    values = [1, 2, 8, 32]
    assert Growth("trials", values, [3 * value**power for value in values]).exponent == pytest.approx(power)


def test_the_figure_has_a_panel_for_each_thing_that_grows_and_says_its_exponent():
    figure = draw("rnn", [Growth("trials", [1, 2, 4], [1.0, 2.0, 4.0]), Growth("time steps", [1, 2, 4], [1.0, 4.0, 16.0])])
    assert [panel.get_title() for panel in figure.axes] == ["rnn: exponent 1.00", "rnn: exponent 2.00"]
    assert [panel.get_xlabel() for panel in figure.axes] == ["trials", "time steps"]
