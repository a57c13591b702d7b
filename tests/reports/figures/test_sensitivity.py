"""A dot a learning rate in the row of its mitigation, with a ring at the one that was chosen."""

import pandas as pd

from tests.support.drawing import data, dots, drawn, row_names, x_labels
from unvanish.reports.figures.sensitivity import FIGURE, table
from unvanish.reports.figures.style import TINTS

KEY = ["task", "lag", "model", "mitigation"]


def tuning(mitigation, scores):
    """Two seeds each, of which the second scores 0.2 lower; solved at a score of 1."""
    rows = [(rate, seed, score - 0.2 * seed) for rate, score in scores.items() for seed in (0, 1)]
    made = pd.DataFrame(rows, columns=["learning_rate", "seed", "score"]).assign(task="adding", lag=5, model="rnn", mitigation=mitigation)
    return made.assign(diagnosis=["solved" if score == 1 else "learning" for score in made.score])


def panel(*parts, chosen=0.1):
    tuned = pd.concat(parts, ignore_index=True)
    conditions = tuned[KEY].drop_duplicates().assign(learning_rate=chosen)
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


def test_one_rate_says_nothing_of_rates():
    assert not panel(tuning("none", {0.1: 0.3}))
