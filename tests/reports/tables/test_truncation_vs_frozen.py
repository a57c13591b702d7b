"""Truncation shorter than the lag against a state that is never trained, by hand."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.support.tables import benchmark
from unvanish.reports.tables.truncation_vs_frozen import against_frozen, detail, sentence

KEY = ("first_symbol", 25, "rnn")


def table(truncated, frozen, **more):
    cells = {(*KEY, "none"): ["vanished"] * len(truncated), (*KEY, "truncated_bptt"): truncated, (*KEY, "frozen"): frozen} | more
    return against_frozen(*benchmark(cells, no_gradient={(25, "truncated_bptt"), (25, "frozen")}))


def test_pairs_of_one_seed_are_counted():
    """Higher, lower, equal: 1.5 of 3 pairs."""
    (row,) = table([("learning", 0.9), ("learning", 0.3), ("solved", 1.0)], [("learning", 0.5), ("learning", 0.5), ("solved", 1.0)]).itertuples()
    assert (row.mitigation, row.n_pairs, row.n_solved, row.n_solved_frozen, row.score, row.score_frozen) == ("truncated_bptt", 3, 1, 1, 0.9, 0.5)
    assert (row.improvement, row.improvement_low, row.improvement_high) == pytest.approx((0.5, *proportion_confint(1.5, 3, method="wilson")))


def test_a_crash_is_no_pair():
    (row,) = table(["failed", ("learning", 0.4)], [("none_seen", 0.0), ("none_seen", 0.1)]).itertuples()
    assert (row.n_pairs, row.improvement) == (1, 1.0)
    (row,) = table([("learning", 0.4), ("learning", 0.4)], ["failed", ("learning", 0.5)]).itertuples()
    assert (row.n_pairs, row.improvement) == (1, 0.0)


def test_where_a_gradient_arrives_or_no_control_was_run_there_is_nothing_to_compare():
    cells = {("first_symbol", 5, "rnn", name): ["solved"] * 3 for name in ("truncated_bptt", "frozen")}
    assert against_frozen(*benchmark(cells)).empty
    assert against_frozen(*benchmark({(*KEY, "truncated_bptt"): ["solved"] * 3}, no_gradient={(25, "truncated_bptt")})).empty
    assert sentence(against_frozen(*benchmark(cells))) == ""


def test_the_sentence_takes_all_pairs_together():
    two = table(["truncated", "solved"], ["none_seen", ("learning", 0.2)])
    assert sentence(two).endswith(" solved 1 of 2 trials; a network whose state is never trained solved 0.")
    assert "share of 0.75 [" in detail(two)
