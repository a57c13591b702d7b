"""The figure of the probes: medians over the trials, the unmitigated one in colour."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn
from unvanish.reports.figures.probes import FIGURE, table
from unvanish.reports.figures.style import ACCENT


def probes(values):
    """`values` by mitigation, seed and step, of one probe and network."""
    return pd.DataFrame(
        [
            {"task": "adding", "lag": 2, "model": "rnn", "mitigation": mitigation, "phase": "evaluate", "seed": seed, "step": step}
            | {"probe": "mine", "steps_back": pd.NA, "value": value}
            for (mitigation, seed, step), value in values.items()
        ]
    ).astype({"steps_back": "Int64"})


def test_lines_are_the_medians_of_each_mitigation_at_each_step():
    made = {("none", seed, step): seed * 10.0 + step for seed in (1, 2, 3) for step in (0, 40)} | {("rmsprop", 1, 0): 5.0, ("rmsprop", 1, 40): 6.0}
    found = table(data({"adding": [2]}, probes=probes(made)))
    assert found.set_index(["mitigation", "step"]).value.to_dict() == {("none", 0): 20, ("none", 40): 60, ("rmsprop", 0): 5, ("rmsprop", 40): 6}
    (axes,) = drawn(FIGURE, found).values()
    lines = {to_hex(line.get_color()): line.get_xydata() for line in axes.get_lines()}
    np.testing.assert_array_equal(lines[ACCENT.lower()], [[0, 20], [40, 60]])
    (other,) = (points for colour, points in lines.items() if colour != ACCENT.lower())
    np.testing.assert_array_equal(other, [[0, 5], [40, 6]])


def test_of_a_figure_by_time_step_the_end_is_shown():
    rows = probes({("none", 1, 0): 1.0, ("none", 1, 40): 2.0})
    by_step = pd.concat([rows.assign(steps_back=0), rows.assign(steps_back=1, value=99.0)]).astype({"steps_back": "Int64"})
    assert table(data({"adding": [2]}, probes=by_step)).value.tolist() == [1, 2]
