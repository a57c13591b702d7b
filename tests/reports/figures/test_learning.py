"""A line of medians a mitigation, the baseline dashed, a cross where a trial exploded."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn, own_lines
from unvanish.reports.figures.learning import FIGURE, MAX_POINTS, medians, table
from unvanish.reports.figures.style import palette
from unvanish.reports.figures.visibility import NOTE


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
COLOURS = palette(["none", "relu", "rmsprop"])


def rows(*parts):
    return table(data(curves=pd.concat(parts, ignore_index=True), references=REFERENCES))


def panel(*parts):
    (axes,) = drawn(FIGURE, rows(*parts)).values()
    return axes


def shown(axes):
    """The points of each line by the mitigation that has its colour."""
    lines = [line for line in own_lines(axes) if line.get_marker() in ("None", "")]
    return {next(name for name, colour in COLOURS.items() if colour == to_hex(line.get_color())): line.get_xydata().tolist() for line in lines}


def cross(axes):
    (line,) = [line for line in own_lines(axes) if line.get_marker() == "x"]
    return line.get_xdata()[0], line.get_ydata()[0], line.get_color()


NONE, RMSPROP = curves("rnn", "none", {1: [2.0, 1.9], 2: [2.1, 2.0], 3: [1.5, 0.1]}), curves("rnn", "rmsprop", {1: [1.0, 0.1]})


def test_the_line_of_a_mitigation_is_the_median_over_its_evaluation_trials():
    axes = panel(NONE, RMSPROP, curves("rnn", "none", {9: [0.5, 0.5]}, phase="tune"))
    assert shown(axes) == {"none": [[10, 2.0], [20, 1.9]], "rmsprop": [[10, 1.0], [20, 0.1]]}
    assert axes.get_xlabel() == "training step" and axes.get_ylabel() == "validation loss"


def test_the_baseline_and_the_best_reference_are_lines():
    axes = panel(NONE, RMSPROP)
    baseline, reference = [line for line in axes.lines if line not in own_lines(axes) and len(line.get_xdata())]
    assert set(baseline.get_ydata()) == {2.0} and baseline.get_linestyle() == "--"
    assert set(reference.get_ydata()) == {0.7}  # the best of those that are not the baseline itself
    (legend,) = axes.get_figure().legends
    assert [text.get_text() for text in legend.get_texts()] == ["none", "rmsprop", "memoryless baseline", "best reference predictor"]


def test_a_trial_that_exploded_has_a_cross_where_its_curve_ends():
    axes = panel(curves("rnn", "none", {1: [1.5, 1.2, np.nan], 2: [1.9, 1.8, 1.7]}))
    assert cross(axes) == (20, 1.2, COLOURS["none"])


def test_a_trial_that_never_had_a_loss_has_a_cross_at_the_top():
    axes = panel(curves("rnn", "none", {1: [np.nan, np.nan]}))
    assert cross(axes)[:2] == (10, axes.get_ylim()[1])


def test_losses_that_all_lie_above_the_panel_are_told_in_words():
    axes = panel(curves("rnn", "none", {1: [900.0, 800.0]}))
    assert [text.get_gid() for text in axes.texts] == [NOTE] and "1.6 times the baseline" in axes.texts[0].get_text()


def test_those_that_exploded_do_not_leave_the_word_to_those_that_did_not():
    """Of nine, five have exploded by the tenth step: the line ends there; four low ones do not make a low median."""
    losses = {seed: [0.1] * 20 if seed < 4 else [0.9] * 10 + [np.nan] * 10 for seed in range(9)}
    np.testing.assert_array_equal(medians(rows(curves("rnn", "none", losses))).loss, [0.9] * 10 + [np.nan] * 10)


def test_long_lines_are_thinned_and_keep_their_ends():
    thin = medians(rows(curves("rnn", "none", {1: list(np.arange(1000.0))})))
    assert len(thin) == MAX_POINTS and thin.loss.iloc[[0, -1]].tolist() == [0, 999]
