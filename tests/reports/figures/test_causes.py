"""Which event happened to how many trials, at which step, in the row of which mitigation."""

import numpy as np
import pandas as pd

from tests.support.drawing import data, drawn, own_lines, row_labels
from unvanish.reports.figures.causes import FIGURE, MARKERS, table
from unvanish.reports.figures.marks import NOTE


def trials(mitigation, events, solved_at=(), model="rnn", status="finished"):
    """A trial for each text of events; those with a `solved_at` solved the task."""
    solved = [*solved_at, *[np.nan] * (len(events) - len(solved_at))]
    return pd.DataFrame(
        {"task": "adding", "lag": 5, "model": model, "mitigation": mitigation, "seed": range(len(events)), "steps": 1000, "status": status}
        | {"events": events, "solved_at": solved, "outcome": ["solved" if step == step else "baseline" for step in solved]}
    )


def panels(*parts):
    return drawn(FIGURE, table(data(evaluated=pd.concat(parts, ignore_index=True))))


NONE = trials("none", ["gradient_spike@100;vanished@400;gradient_spike@700", "gradient_spike@300", ""])


def test_a_mark_is_at_the_median_step_of_the_first_event_of_its_kind_with_the_number_of_trials():
    axes = panels(NONE, trials("rmsprop", ["", ""], solved_at=[200, 400]))["adding", 5, "rnn"]
    rows = {y: name for name, y in row_labels(axes).items()}
    names = {marker: event for event, (marker, _) in MARKERS.items()}
    marks = {(rows[line.get_ydata()[0]], names[line.get_marker()]): line.get_xdata()[0] for line in own_lines(axes)}
    assert marks == {("none", "gradient_spike"): 200, ("none", "vanished"): 400, ("rmsprop", "solved"): 300}
    numbers = {(rows[text.xy[1]], text.xy[0]): text.get_text() for text in axes.texts}
    assert numbers == {("none", 200): "2", ("none", 400): "1", ("rmsprop", 300): "2"}
    assert axes.get_xlabel() == "training step" and axes.get_ylim()[0] > axes.get_ylim()[1]


def test_a_mark_is_larger_the_more_trials_it_happened_to():
    axes = panels(NONE)["adding", 5, "rnn"]
    sizes = {line.get_marker(): line.get_markersize() for line in own_lines(axes)}
    assert sizes[MARKERS["gradient_spike"][0]] > sizes[MARKERS["vanished"][0]]


def test_a_network_to_which_nothing_happened_says_so_and_a_crash_is_no_event():
    crashed = trials("relu", ["gradient_spike@5"], status="failed")
    axes = panels(trials("none", ["", ""]), crashed)["adding", 5, "rnn"]
    assert [text.get_gid() for text in axes.texts] == [NOTE] and list(row_labels(axes)) == ["none"]


def test_every_event_has_a_marker_of_its_own():
    from unvanish.suite.diagnosis import EVENTS

    assert {name for name in EVENTS if name != "no_state"} <= set(MARKERS) and len({marker for marker, _ in MARKERS.values()}) == len(MARKERS)
