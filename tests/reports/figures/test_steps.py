"""The stairs of each condition, a line a mitigation."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn, own_lines
from unvanish.reports.figures.steps import FIGURE, table
from unvanish.reports.figures.style import palette


def trials(model, mitigation, solved_at):
    key = {"task": "adding", "lag": 5, "model": model, "mitigation": mitigation, "seed": range(len(solved_at))}
    return pd.DataFrame({**key, "steps": 100, "status": "finished", "solved_at": solved_at})


def rows(*parts):
    return table(data(evaluated=pd.concat(parts, ignore_index=True)))


COLOURS = palette(["none", "relu", "rmsprop"])
SOME = [trials("rnn", "rmsprop", [10.0, 30.0, np.nan, np.nan]), trials("rnn", "none", [np.nan] * 4), trials("feedforward", "none", [np.nan] * 4)]


def lines(axes):
    return {next(name for name, colour in COLOURS.items() if colour == to_hex(line.get_color())): line for line in own_lines(axes)}


def test_the_line_of_a_mitigation_is_the_share_solved_by_each_step():
    """Two of four have solved the task, at 10 and at 30 steps of 100."""
    panels = drawn(FIGURE, rows(*SOME, trials("lstm", "relu", [50.0] * 4)))
    assert set(panels) == {("adding", 5, "rnn"), ("adding", 5, "lstm")}
    axes = panels["adding", 5, "rnn"]
    line = lines(axes)["rmsprop"]
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(line.get_xdata(), [0, 10, 30, 100])
    np.testing.assert_allclose(line.get_ydata(), [0, 0.25, 0.5, 0.5])
    assert axes.get_xlabel() == "training step" and axes.get_ylim()[1] >= 1 and axes.get_xlim() == (0, 100)
    assert set(lines(axes)) == {"none", "rmsprop"} and set(lines(panels["adding", 5, "lstm"])) == {"relu"}


def test_the_legend_names_every_mitigation_in_its_colour():
    (axes,) = drawn(FIGURE, rows(*SOME)).values()
    (legend,) = axes.get_figure().legends
    shown = {text.get_text(): handle.get_color() for text, handle in zip(legend.get_texts(), legend.get_lines(), strict=True)}
    assert shown == {"none": COLOURS["none"], "rmsprop": COLOURS["rmsprop"]}


def test_the_interval_holds_the_share_and_has_a_width():
    solved = rows(*SOME).query("mitigation == 'rmsprop' and step == 30")
    assert (solved.low < 0.5).all() and (solved.high > 0.5).all() and len(solved)


def test_what_solves_nothing_stays_at_zero_and_a_benchmark_that_solves_nothing_has_no_such_figure():
    (axes,) = drawn(FIGURE, rows(*SOME)).values()
    assert np.all(np.asarray(lines(axes)["none"].get_ydata()) == 0)
    assert rows(SOME[1]).empty
