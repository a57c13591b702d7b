"""A line a mitigation over the learning rates, with a ring at the one that was chosen, a cross where all diverged and an arrow at the cap."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.markers import MarkerStyle

from tests.support.drawing import data, dots, drawn, own_lines, x_labels
from unvanish.reports.figures.rates import APART, BEYOND, FIGURE, table

KEY = ["task", "lag", "model", "mitigation"]


def tuning(mitigation, scores):
    """Two seeds each, of which the second scores 0.2 lower; solved at a score of 1, diverged where the score is None."""
    rows = [(rate, seed, score) for rate, score in scores.items() for seed in (0, 1)]
    made = pd.DataFrame(rows, columns=["learning_rate", "seed", "score"]).assign(task="adding", lag=5, model="rnn", mitigation=mitigation, status="finished")
    made["outcome"] = [
        "diverged" if pd.isna(score) else "solved" if score == 1 and not seed else "learning" for score, seed in zip(made.score, made.seed, strict=True)
    ]
    return made.assign(score=(made.score - 0.2 * made.seed).fillna(0.0))


def panel(*parts, chosen=0.1, stopped="inside"):
    tuned = pd.concat(parts, ignore_index=True)
    conditions = tuned[KEY].drop_duplicates().assign(learning_rate=chosen, search_stopped=stopped)
    return drawn(FIGURE, table(data(tuned=tuned, conditions=conditions)))


def test_a_line_goes_through_the_score_and_above_it_one_through_the_share_solved_at_each_rate():
    figure = panel(tuning("none", {0.1: 0.3, 1.0: 1.0}), tuning("rmsprop", {0.001: 0.2, 0.1: 0.6}))["adding", 5, "rnn"].get_figure()
    shares, scores = figure.axes
    assert (shares.get_ylabel(), scores.get_ylabel()) == ("share solved", "mean score")
    assert scores.get_xscale() == "log" and x_labels(scores) == {"learning rate"}
    none, rmsprop = own_lines(scores)
    np.testing.assert_allclose(none.get_xydata(), [(0.1, 0.2), (1.0, 0.9)])  # of 0.3 and 0.1, of 1 and 0.8
    np.testing.assert_allclose(rmsprop.get_xydata(), [(0.001, 0.1), (0.1, 0.5)])
    none, rmsprop = own_lines(shares)
    np.testing.assert_allclose(none.get_ydata(), [0, 0.5], atol=APART / 2 + 1e-9)  # one seed of two
    np.testing.assert_allclose(rmsprop.get_ydata(), [0, 0], atol=APART / 2 + 1e-9)
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"none", "rmsprop", "chosen"}


def test_the_ring_is_at_the_rate_that_tuning_chose():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), chosen=1.0)["adding", 5, "rnn"].get_figure().axes[1]
    assert [(round(x, 6), round(y, 6)) for x, y, *_ in dots(axes, filled=False)] == [(1.0, 0.8)]


def markers(axes, marker):
    """The rates at which this marker stands."""
    path = MarkerStyle(marker).get_path().transformed(MarkerStyle(marker).get_transform())
    found = [each for each in axes.collections if isinstance(each, PathCollection) and np.array_equal(each.get_paths()[0].vertices, path.vertices)]
    return [float(x) for each in found for x, _ in each.get_offsets()]


def test_a_rate_at_which_every_seed_diverged_is_a_cross():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: None}), tuning("rmsprop", {0.1: 0.2, 1.0: 0.2}))["adding", 5, "rnn"]
    assert markers(axes, "x") == [1.0]
    assert "every seed diverged" in {text.get_text() for text in axes.get_figure().legends[0].get_texts()}


@pytest.mark.parametrize(
    ("stopped", "chosen", "lower", "higher"),
    [("cap", 1.0, [], [1.0 * BEYOND]), ("cap", 0.1, [0.1 / BEYOND], []), ("inside", 1.0, [], []), ("baseline", 0.1, [], [])],
)
def test_an_arrow_points_to_where_the_search_was_not_allowed_to_go_on(stopped, chosen, lower, higher):
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), chosen=chosen, stopped=stopped)["adding", 5, "rnn"]
    assert (markers(axes, "<"), markers(axes, ">")) == (pytest.approx(lower), pytest.approx(higher))


def test_one_rate_says_nothing_of_rates():
    assert not panel(tuning("none", {0.1: 0.3}))
