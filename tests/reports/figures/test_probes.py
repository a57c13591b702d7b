"""The figure of the probes: medians over the trials, a line a mitigation."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn, own_lines
from unvanish.reports.figures.probes import FIGURE, table
from unvanish.reports.figures.style import HUES, INK


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
    made = {("none", seed, step): seed * 10.0 + step for seed in (1, 2, 3) for step in (0, 40)} | {("relu", 1, 0): 5.0, ("relu", 1, 40): 6.0}
    medians = table(data({"adding": [2]}, probes=probes(made)))
    assert medians.set_index(["mitigation", "step"]).value.to_dict() == {("none", 0): 20, ("none", 40): 60, ("relu", 0): 5, ("relu", 40): 6}
    (axes,) = drawn(FIGURE, medians).values()
    lines = {to_hex(line.get_color()): line.get_xydata().tolist() for line in own_lines(axes)}
    assert lines == {INK: [[0, 20], [40, 60]], HUES[0]: [[0, 5], [40, 6]]}
    assert axes.get_ylabel() == "mine"


def test_of_a_measure_by_time_step_the_end_is_shown():
    rows = probes({("none", 1, 0): 1.0, ("none", 1, 40): 2.0})
    by_step = pd.concat([rows.assign(steps_back=0), rows.assign(steps_back=1, value=99.0)]).astype({"steps_back": "Int64"})
    np.testing.assert_array_equal(table(data({"adding": [2]}, probes=by_step)).value, [1, 2])
