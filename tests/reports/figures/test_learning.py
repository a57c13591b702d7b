"""A line an evaluation trial, the baseline dashed, a cross where a trial exploded."""

import numpy as np
import pandas as pd

from tests.support.drawing import context_lines, data, drawn, own_lines
from unvanish.reports.figures.learning import FIGURE, table
from unvanish.reports.figures.marks import NOTE
from unvanish.reports.figures.style import ACCENT, GREY


def curves(model, mitigation, losses, phase="evaluate"):
    """`losses` by seed, at steps 10, 20, ..."""
    return pd.DataFrame(
        [
            {"task": "adding", "lag": 5, "model": model, "mitigation": mitigation, "phase": phase, "seed": seed, "step": 10 * (i + 1), "loss": loss}
            for seed, values in losses.items()
            for i, loss in enumerate(values)
        ]
    )


REFERENCES = pd.DataFrame(
    [("adding", 5, "majority", 2.0), ("adding", 5, "window of 10", 0.7), ("adding", 5, "yesterday", 0.9), ("copy_memory", 5, "window of 10", 0.1)],
    columns=["task", "lag", "reference", "loss"],
)


def panels(*parts):
    return drawn(FIGURE, table(data(curves=pd.concat(parts, ignore_index=True), references=REFERENCES)))


NONE, RMSPROP = curves("rnn", "none", {1: [2.0, 1.9], 2: [2.1, 2.0]}), curves("rnn", "rmsprop", {1: [1.0, 0.1]})


def test_every_evaluation_trial_is_a_line_of_its_losses():
    axes = panels(NONE, RMSPROP, curves("rnn", "none", {9: [0.5, 0.5]}, phase="tune"))["adding", 5, "rnn", "none"]
    lines = own_lines(axes)
    assert sorted(line.get_ydata().tolist() for line in lines) == [[2.0, 1.9], [2.1, 2.0]]
    assert all(line.get_xdata().tolist() == [10, 20] and line.get_color() == ACCENT for line in lines)
    assert axes.get_title(loc="left") == "none" or axes.get_title() == "none"


def test_the_baseline_and_the_best_reference_are_lines_and_the_other_mitigation_grey():
    axes = panels(NONE, RMSPROP)["adding", 5, "rnn", "none"]
    baseline, reference = [line for line in axes.lines if line not in own_lines(axes) + context_lines(axes)]
    assert set(baseline.get_ydata()) == {2.0} and baseline.get_linestyle() == "--"
    assert set(reference.get_ydata()) == {0.7}  # the best of those that are not the baseline itself
    (grey,) = context_lines(axes)
    assert grey.get_ydata().tolist() == [1.0, 0.1] and grey.get_color() == GREY


def test_a_trial_that_exploded_has_a_cross_where_its_curve_ends():
    axes = panels(curves("rnn", "none", {1: [1.5, 1.2, np.nan], 2: [1.9, 1.8, 1.7]}))["adding", 5, "rnn", "none"]
    (cross,) = [line for line in own_lines(axes) if line.get_marker() == "x"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (20, 1.2)


def test_a_trial_that_never_had_a_loss_has_a_cross_at_the_top():
    axes = panels(curves("rnn", "none", {1: [np.nan, np.nan]}))["adding", 5, "rnn", "none"]
    (cross,) = [line for line in own_lines(axes) if line.get_marker() == "x"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (10, axes.get_ylim()[1])


def test_losses_that_all_lie_above_the_panel_are_told_in_words():
    axes = panels(curves("rnn", "none", {1: [900.0, 800.0]}))["adding", 5, "rnn", "none"]
    assert [text.get_gid() for text in axes.texts] == [NOTE] and "1.6 times the baseline" in axes.texts[0].get_text()
