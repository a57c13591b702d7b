"""A dot a learning rate in the row of its mitigation, with a ring at the one that was chosen."""

import pandas as pd
from matplotlib.colors import to_hex

from tests.support.drawing import data, drawn, own_lines, row_labels
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
    rows = {y: name for name, y in row_labels(axes).items()}
    dots = {
        (rows[line.get_ydata()[0]], line.get_xdata()[0]): TINTS.index(to_hex(line.get_markerfacecolor()))
        for line in own_lines(axes)
        if line.get_markerfacecolor() != "none"
    }
    assert set(dots) == {("none", 0.1), ("none", 1.0), ("rmsprop", 0.001), ("rmsprop", 0.1)}
    assert dots["rmsprop", 0.001] < dots["none", 0.1] < dots["rmsprop", 0.1] < dots["none", 1.0]
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "learning rate"


def test_the_ring_is_at_the_rate_that_tuning_chose():
    axes = panel(tuning("none", {0.1: 0.3, 1.0: 0.9}), chosen=1.0)["adding", 5, "rnn"]
    (ring,) = [line for line in own_lines(axes) if line.get_markerfacecolor() == "none"]
    assert ring.get_xdata()[0] == 1.0


def test_one_rate_says_nothing_of_rates():
    assert not panel(tuning("none", {0.1: 0.3}))
