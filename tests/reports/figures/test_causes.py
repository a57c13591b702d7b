"""Which event happened to how many trials, at which step, in the row of which mitigation."""

import numpy as np
import pandas as pd

from tests.support.drawing import data, dots, drawn, row_names, x_labels
from unvanish.reports.figures.causes import FIGURE, table
from unvanish.reports.figures.style import CAUSES
from unvanish.reports.figures.visibility import NOTE
from unvanish.suite.diagnosis import EVENTS


def trials(mitigation, events, solved_at=(), model="rnn", status="finished"):
    """A trial for each text of events; those with a `solved_at` solved the task."""
    solved = [*solved_at, *[np.nan] * (len(events) - len(solved_at))]
    return pd.DataFrame(
        {"task": "adding", "lag": 5, "model": model, "mitigation": mitigation, "seed": range(len(events)), "steps": 1000, "status": status}
        | {"events": events, "solved_at": solved, "outcome": ["solved" if step == step else "baseline" for step in solved]}
    )


def panels(*parts):
    return drawn(FIGURE, table(data(evaluated=pd.concat(parts, ignore_index=True))))


SPIKE, OTHER = "exploded", "vanished"
NONE = trials("none", [f"{SPIKE}@100;{OTHER}@400;{SPIKE}@700", f"{SPIKE}@300", ""])


def marks(axes):
    """The sizes of the marks by the row that they are in, their step and colour."""
    names = row_names(axes)
    return {(names[round(y)], round(x), colour): size for x, y, colour, size in dots(axes)}


def test_a_mark_is_at_the_median_step_of_the_first_event_of_its_kind_with_the_number_of_trials():
    axes = panels(NONE, trials("rmsprop", ["", ""], solved_at=[200, 400]))["adding", 5, "rnn"]
    expected = {("none", 200, CAUSES[SPIKE][1]), ("none", 400, CAUSES[OTHER][1]), ("rmsprop", 300, CAUSES["solved"][1])}
    assert set(marks(axes)) == expected
    numbers = {(row_names(axes)[round(text.xy[1])], text.xy[0]): text.get_text() for text in axes.texts}
    assert numbers == {("none", 200): "2", ("none", 400): "1", ("rmsprop", 300): "2"}
    assert x_labels(axes) == {"training step"}


def test_a_mark_is_larger_the_more_trials_it_happened_to():
    sizes = marks(panels(NONE)["adding", 5, "rnn"])
    assert sizes["none", 200, CAUSES[SPIKE][1]] > sizes["none", 400, CAUSES[OTHER][1]]


def test_marks_of_one_step_and_row_do_not_cover_each_other_and_stay_in_their_row():
    axes = panels(trials("none", [f"{SPIKE}@100;{OTHER}@100"]), NONE.assign(mitigation="rmsprop"))["adding", 5, "rnn"]
    heights = sorted(y for x, y, *_ in dots(axes) if x == 100)
    assert len(heights) == 2 and heights[1] - heights[0] > 0.2 and {round(y) for y in heights} == {0}


def test_a_network_to_which_nothing_happened_says_so_and_a_crash_is_no_event():
    crashed = trials("relu", [f"{SPIKE}@5"], status="failed")
    axes = panels(trials("none", ["", ""]), crashed)["adding", 5, "rnn"]
    assert [text.get_gid() for text in axes.texts] == [NOTE] and row_names(axes) == ["none"]


def test_every_event_that_leaves_a_mark_has_a_marker_of_its_own_which_the_legend_explains():
    without_step = {"memoryless"}  # of a network without a state, which is not in the figure
    assert set(EVENTS) - without_step <= set(CAUSES) and len({marker for marker, _ in CAUSES.values()}) == len(CAUSES)
    (legend,) = panels(NONE)["adding", 5, "rnn"].get_figure().legends
    assert {text.get_text() for text in legend.get_texts()} == {"exploded", "vanished"}
