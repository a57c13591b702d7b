"""The gradient through time as it was measured: which cell has which power of ten, and what exploded is no small number."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from tests.support.drawing import data, drawn
from unvanish.reports.figures.gradients import COLOURS, DECADES, FIGURE, LEVELS, MAP, first_compared, level, table
from unvanish.reports.figures.style import ACCENT, PAPER
from unvanish.reports.figures.visibility import NOTE


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


@pytest.mark.parametrize(("ratio", "power"), [(1.0, 0), (0.4, 0), (0.2, -1), (1e-12, -12), (1e-30, -12), (10.0, 1), (100.0, 2), (1e9, 2), (np.inf, 2)])
def test_a_level_is_a_power_of_ten(ratio, power):
    assert level(np.array([ratio]))[0] == power - DECADES[0]


def test_colours_are_paler_the_less_arrives_and_warm_where_it_grows():
    red, _, blue = np.array([to_rgb(colour) for colour in COLOURS]).T
    here = 1 - DECADES[0]  # the colour of as much as at the end
    assert COLOURS[0] == PAPER and np.all(np.diff(red[: here + 1]) < 0) and to_hex(COLOURS[here]) == ACCENT
    assert np.all(red[here + 1 :] > blue[here + 1 :]) and len(COLOURS) == here + 3


def painted(axes):
    """The levels of the cells [probe, step back]."""
    (mesh,) = axes.collections
    assert (mesh.cmap, mesh.norm) == (MAP, LEVELS)
    return np.ma.filled(mesh.get_array()).tolist()


def panels(made):
    return drawn(FIGURE, table(data({"adding": [2]}, gradients=made)))


def test_each_cell_is_painted_in_the_colour_of_its_ratio():
    values = {(1, 0): [1.0, 1e-6, 1e-6], (1, 40): [1.0, 50.0, 0.0]}
    (axes,) = panels(gradients(values)).values()
    assert painted(axes) == [level(np.array(row)).tolist() for row in values.values()]
    assert axes.get_xlabel() == "steps back" and axes.get_ylabel() == "training step"
    assert axes.get_xlim()[0] > axes.get_xlim()[1] and axes.get_ylim()[0] > axes.get_ylim()[1]  # the end at the right, the first probe on top
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "40"]
    assert [line.get_xdata()[0] for line in axes.lines] == [2.5]  # where the information is: the middle of the cell two steps back


def test_the_colour_of_a_level_is_that_of_its_power_of_ten():
    assert [to_hex(MAP(LEVELS(number))) for number in range(-1, len(COLOURS) - 1)] == [to_hex(colour) for colour in COLOURS]


def test_panels_are_conditions_and_one_without_any_gradient_says_so():
    both = panels(pd.concat([gradients({(1, 0): [1.0, 0.1]}), gradients({(1, 0): [0.0, 0.0]}, mitigation="relu")]))
    assert set(both) == {("adding", 2, "rnn\nnone"), ("adding", 2, "rnn\nrelu")}
    assert [text.get_gid() for text in both["adding", 2, "rnn\nrelu"].texts] == [NOTE]


def test_the_page_shows_three_conditions_of_each_task_the_compared_ones_first():
    made = pd.concat([gradients({(1, 0): [1.0, 0.1]}, model, mitigation) for model in ("rnn", "lstm") for mitigation in ("none", "relu", "rmsprop")])
    shown = first_compared(table(data({"adding": [2]}, gradients=made)))
    assert list(dict.fromkeys(zip(shown.model, shown.mitigation, strict=True))) == [("rnn", "none"), ("lstm", "none"), ("rnn", "relu")]
