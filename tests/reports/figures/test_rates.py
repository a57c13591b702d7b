"""A dot a learning rate in the row of its mitigation, with a ring at the one that was chosen, a cross where all diverged and an arrow at the cap."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.markers import MarkerStyle

from tests.support.drawing import data, dots, drawn, row_names, x_labels
from unvanish.reports.figures.rates import FIGURE, table
from unvanish.reports.figures.style import TINTS

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


def test_dots_are_at_their_rates_in_the_row_of_their_mitigation_the_stronger_the_better():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), tuning("rmsprop", {0.001: 0.2, 0.1: 0.6}))["adding", 5, "rnn"]
    names = row_names(axes)
    strength = {(names[int(y)], round(x, 6)): TINTS.index(colour) for x, y, colour, _ in dots(axes)}
    assert set(strength) == {("none", 0.1), ("none", 1.0), ("rmsprop", 0.001), ("rmsprop", 0.1)}
    assert strength["rmsprop", 0.001] < strength["none", 0.1] < strength["rmsprop", 0.1] < strength["none", 1.0]
    assert axes.get_xscale() == "log" and x_labels(axes) == {"learning rate"}


def test_the_ring_is_at_the_rate_that_tuning_chose():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), chosen=1.0)["adding", 5, "rnn"]
    assert [(round(x, 6), y) for x, y, *_ in dots(axes, filled=False)] == [(1.0, 0)]


def markers(axes, marker):
    """Where this marker stands, as pairs of rate and row."""
    path = MarkerStyle(marker).get_path().transformed(MarkerStyle(marker).get_transform())
    found = [each for each in axes.collections if isinstance(each, PathCollection) and np.array_equal(each.get_paths()[0].vertices, path.vertices)]
    return [(round(float(x), 6), int(y)) for each in found for x, y in each.get_offsets()]


def test_a_rate_at_which_every_seed_diverged_is_a_cross():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: None}), tuning("rmsprop", {0.1: 0.2, 1.0: 0.2}))["adding", 5, "rnn"]
    assert markers(axes, "x") == [(1.0, 0)]
    assert set(markers(axes, "o")) == {(0.1, 0), (0.1, 1), (1.0, 1)}


@pytest.mark.parametrize(
    ("stopped", "chosen", "lower", "higher"),
    [("cap", 1.0, [], [(2.2, 0)]), ("cap", 0.1, [(0.045455, 0)], []), ("inside", 1.0, [], []), ("baseline", 0.1, [], [])],
)
def test_an_arrow_points_to_where_the_search_was_not_allowed_to_go_on(stopped, chosen, lower, higher):
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), chosen=chosen, stopped=stopped)["adding", 5, "rnn"]
    assert (markers(axes, "<"), markers(axes, ">")) == (lower, higher)


def test_one_rate_says_nothing_of_rates():
    assert not panel(tuning("none", {0.1: 0.3}))
