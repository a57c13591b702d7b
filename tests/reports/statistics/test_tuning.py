"""What the tuning trials say of the search for a rate, by hand."""

from itertools import combinations
from math import log10

import numpy as np
import pandas as pd
import pytest

from unvanish.reports.statistics.tuning import expected_best, rate_search, sentence, tried_rates, width
from unvanish.suite.experiment.tuning import RateGrid, TriedRate

GRID = RateGrid((0.04, 0.2, 1.0), ratio=5.0, most=3)


def tuning(losses, outcome="learning"):
    """Rows of tuning trials: the losses of the seeds by rate; one that is NaN diverged, one that is 0 solved the task."""
    words = {True: "diverged", False: outcome}
    rows = [
        (rate, seed, loss, "solved" if loss == 0 else words[bool(np.isnan(loss))], "finished")
        for rate, seeds in losses.items()
        for seed, loss in enumerate(seeds)
    ]
    return pd.DataFrame(rows, columns=["learning_rate", "seed", "loss", "outcome", "status"])


def searched(losses, grid=GRID, **options):
    return rate_search(tuning(losses, **options), grid, baseline=1.0)


def test_a_rate_whose_losses_overlap_cannot_be_told_from_the_chosen_one():
    """0.2 has 0.1 to 0.5; 1.0 with 0.4 to 0.6 overlaps, 0.04 with 0.7 to 0.9 does not."""
    row = searched({0.04: [0.7, 0.9], 0.2: [0.1, 0.5], 1.0: [0.6, 0.4]})
    found = {name: row[name] for name in ("tuning_loss", "tuning_loss_low", "tuning_loss_high", "n_rates_tied", "search_stopped")}
    assert found == {"tuning_loss": pytest.approx(0.3), "tuning_loss_low": 0.1, "tuning_loss_high": 0.5, "n_rates_tied": 1, "search_stopped": "inside"}


def test_a_lucky_seed_inside_the_range_of_another_rate_is_a_tie():
    """The range of the other rate encloses that of the chosen one."""
    assert searched({0.04: [2, 2], 0.2: [0.3, 0.4], 1.0: [0.1, 0.9]})["n_rates_tied"] == 1


def test_the_rates_and_the_reason_are_those_of_the_search():
    row = searched({0.04: [0.7, 0.9], 0.2: [0.1, 0.5], 1.0: [np.nan, np.nan], 0.008: [1, 1]}, RateGrid((0.04, 0.2, 1.0), 5.0, 7))
    assert (row["n_rates"], row["lowest_rate"], row["highest_rate"], row["rates_tried"], row["search_stopped"]) == (
        4,
        0.008,
        1.0,
        "0.008, 0.04, 0.2, 1",
        "unstable",
    )
    assert searched({0.04: [0.9, 0.9], 0.2: [0.5, 0.5], 1.0: [0.1, 0.1]})["search_stopped"] == "cap"


def test_one_seed_says_nothing_of_the_spread():
    row = searched({0.04: [0.7], 0.2: [0.1], 1.0: [0.6]})
    assert row["tuning_loss"] == 0.1 and not {"n_rates_tied", "tuning_loss_low", "tuning_loss_high"} & set(row)


def test_a_rate_at_which_a_seed_diverged_is_told_apart_by_that():
    assert searched({0.04: [0.7, 0.9], 0.2: [0.1, 0.5], 1.0: [0.2, np.nan]})["n_rates_tied"] == 0


def test_where_every_rate_diverged_or_none_was_chosen_no_loss_is_made_up():
    everywhere = searched({rate: [np.nan, 0.1] for rate in GRID.first})
    assert everywhere["search_stopped"] == "cap" and "tuning_loss" not in everywhere
    failed = rate_search(tuning({rate: [np.nan, np.nan] for rate in GRID.first}).assign(status="failed", outcome="failed"), GRID, 1.0)
    assert failed == {"n_rates": 3, "lowest_rate": 0.04, "highest_rate": 1.0, "rates_tried": "0.04, 0.2, 1"}
    assert rate_search(tuning({}), GRID, 1.0) == {"n_rates": 0}


S, N = ("solved", "solved"), ("solved", "baseline")


@pytest.mark.parametrize(
    ("outcomes", "best", "n", "opened", "between"),
    [
        ([N, S, S, N], 1, 2, "", (0.2, 1.0)),
        ([N, S, N, S], 1, 2, "above", (0.2, 0.2)),  # what lies beyond a gap is counted, but is not what the chosen rate can be moved to
        ([S, S, S, S], 2, 4, "both", (0.04, 5.0)),
        ([S, N, N, N], 0, 1, "below", (0.04, 0.04)),
        ([N, N, N, N], 1, 0, "", (np.nan, np.nan)),
    ],
)
def test_the_width_is_the_decades_of_rates_at_which_every_seed_solves(outcomes, best, n, opened, between):
    tried = [TriedRate(rate, seeds, (0.1, 0.1)) for rate, seeds in zip((0.04, 0.2, 1.0, 5.0), outcomes, strict=True)]
    row = width(tried, best, 5.0)
    assert (row["n_rates_solved"], row["width_open"]) == (n, opened) and row["width"] == pytest.approx(n * log10(5))
    np.testing.assert_equal((row["solved_from"], row["solved_to"]), between)


@pytest.mark.parametrize("solved", [(0, 0, 0), (0, 1, 2), (2, 0, 1, 2, 0, 1, 2), (1, 2)])
def test_the_expected_best_of_random_rates_is_the_mean_over_all_draws(solved):
    tried = [TriedRate(rate, ("solved",) * n + ("baseline",) * (2 - n), (0.1, 0.1)) for rate, n in enumerate(solved)]
    found = expected_best(tried)
    for k in (1, 2, 3):
        draws = [max(draw) / 2 for draw in combinations(solved, k)]
        np.testing.assert_allclose(found[f"expected_best_of_{k}"], np.mean(draws) if draws else np.nan)


def test_rates_are_tried_in_ascending_order():
    assert [rate.rate for rate in tried_rates(tuning({1.0: [0.1], 0.04: [0.2]}))] == [0.04, 1.0]


def conditions(*rows):
    return pd.DataFrame(rows, columns=["role", "search_stopped"])


def test_the_sentence_counts_conditions_that_were_tuned_and_no_controls():
    chosen = [("cure", "inside"), ("cure", "cap"), ("unmitigated", "inside"), ("cure", "baseline"), ("cure", "tied"), ("cure", "unstable")]
    others = [("control", "cap"), ("cure", "")]
    assert sentence(conditions(*chosen, *others)) == (
        "Of 6 conditions, in 2 the best rate lies between others that were tried; in 1 every seed solves the task at it and at the one next to "
        "it; in 1 every seed diverges at the next higher one; in 1 no rate can be told from the baseline; "
        "in 1 as many were tried as the profile allows, so that a further one may be better."
    )
    assert sentence(conditions(*others)) == ""
