"""The gradient through time as it was measured: which cell has which power of ten, and what exploded is no small number."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn
from unvanish.reports.figures.gradients import DECADES, FIGURE, colour, level, table
from unvanish.reports.figures.marks import NOTE
from unvanish.reports.figures.style import SHADES, WARMS


def gradients(norms, model="rnn", mitigation="none", cell=np.nan):
    """`norms` by seed and step, a value a step back."""
    return pd.DataFrame(
        [
            {"task": "adding", "lag": 2, "model": model, "mitigation": mitigation, "phase": "evaluate", "seed": seed, "step": step}
            | {"steps_back": back, "norm": norm, "cell_norm": cell, "input_norm": np.nan}
            for (seed, step), values in norms.items()
            for back, norm in enumerate(values)
        ]
    )


def ratios(made):
    found = table(data({"adding": [2]}, gradients=made))
    return found.pivot(index="step", columns="steps_back", values="ratio").to_numpy().tolist()


def test_a_ratio_is_relative_to_the_end_of_the_same_trial_and_probe():
    made = gradients({(1, 0): [2.0, 1.0, 0.5], (1, 40): [4.0, 0.4, 0.0]})
    np.testing.assert_allclose(ratios(made), [[1, 0.5, 0.25], [1, 0.1, 0]])


def test_it_is_the_median_over_the_trials_of_their_ratios():
    made = gradients({(1, 0): [1.0, 0.1], (2, 0): [10.0, 2.0], (3, 0): [100.0, 90.0]})
    np.testing.assert_allclose(ratios(made), [[1, 0.2]])


def test_what_is_not_finite_counts_as_infinite_and_nothing_arrives_where_nothing_leaves():
    assert ratios(gradients({(1, 0): [1.0, 0.5], (2, 0): [np.nan, np.nan], (3, 0): [np.inf, 1.0]})) == [[np.inf, np.inf]]
    assert ratios(gradients({(1, 0): [0.0, 0.0]})) == [[0, 0]]


def test_a_cell_state_counts():
    np.testing.assert_allclose(ratios(gradients({(1, 0): [3.0, 0.0]}, model="lstm", cell=4.0)), [[1, 0.8]])


@pytest.mark.parametrize(("ratio", "power"), [(1.0, 0), (0.4, 0), (0.2, -1), (1e-12, -12), (1e-30, -12), (1e3, 3), (1e9, 3), (np.inf, 3)])
def test_a_level_is_a_power_of_ten(ratio, power):
    assert level(np.array([ratio]))[0] == power - DECADES[0]


def test_colours_are_paler_the_less_arrives_and_warm_where_it_grows():
    strengths = [SHADES.index(colour(index)) for index in range(-DECADES[0] + 1)]
    assert strengths == sorted(strengths) and strengths[0] == 0 and strengths[-1] == len(SHADES) - 1
    assert [colour(-DECADES[0] + more) for more in (1, 2, 3)] == [WARMS[0], WARMS[1], WARMS[1]]


def painted(axes, x, y):
    """The colour of the drawn cell at a number of steps back and a probe; None where nothing is drawn."""
    inside = [patch for patch in axes.patches if patch.get_x() <= x < patch.get_x() + patch.get_width() and patch.get_y() <= y + 0.5 < patch.get_y() + 1]
    return to_hex(inside[0].get_facecolor()) if inside else None


def test_each_cell_is_painted_in_the_colour_of_its_ratio():
    values = {(1, 0): [1.0, 1e-6, 1e-6], (1, 40): [1.0, 50.0, 0.0]}
    (axes,) = drawn(FIGURE, table(data({"adding": [2]}, gradients=gradients(values)))).values()
    for y, row in enumerate(values.values()):
        for x, ratio in enumerate(row):
            assert painted(axes, x, y) == (colour(level(np.array([ratio]))[0]) if ratio else None)
    assert "steps back" in axes.get_xlabel() and axes.get_ylabel() == "training step"
    assert axes.get_xlim()[0] > axes.get_xlim()[1] and axes.get_ylim()[0] > axes.get_ylim()[1]  # the end at the right, the first probe on top
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "40"]
    assert [line.get_xdata()[0] for line in axes.lines] == [2]  # where the information is


def test_panels_are_the_mitigations_of_a_network_and_one_without_any_gradient_says_so():
    made = pd.concat([gradients({(1, 0): [1.0, 0.1]}), gradients({(1, 0): [0.0, 0.0]}, mitigation="relu")])
    panels = drawn(FIGURE, table(data({"adding": [2]}, gradients=made)))
    assert set(panels) == {("adding", 2, "rnn", "none"), ("adding", 2, "rnn", "relu")}
    assert [text.get_gid() for text in panels["adding", 2, "rnn", "relu"].texts] == [NOTE]
