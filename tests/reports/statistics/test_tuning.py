"""What the tuning seeds say of the chosen rate, by hand."""

import numpy as np
import pandas as pd
import pytest

from unvanish.reports.statistics.tuning import chosen_rate, sentence

GRID = (0.04, 0.2, 1.0)


def tuning(losses):
    rows = [(rate, seed, loss) for rate, of_seeds in losses.items() for seed, loss in enumerate(of_seeds)]
    return pd.DataFrame(rows, columns=["learning_rate", "seed", "loss"])


def test_a_rate_whose_losses_overlap_cannot_be_told_from_the_chosen_one():
    """0.2 has 0.1 to 0.5; 1.0 with 0.4 to 0.6 overlaps, 0.04 with 0.7 to 0.9 does not."""
    row = chosen_rate(tuning({0.04: [0.7, 0.9], 0.2: [0.1, 0.5], 1.0: [0.6, 0.4]}), 0.2, GRID)
    assert row == {"tuning_loss": pytest.approx(0.3), "tuning_loss_low": 0.1, "tuning_loss_high": 0.5, "n_rates_tied": 1, "rate_at_edge": ""}


def test_a_lucky_seed_inside_the_range_of_another_rate_is_a_tie():
    """The range of the other rate encloses that of the chosen one."""
    assert chosen_rate(tuning({0.2: [0.3, 0.4], 1.0: [0.1, 0.9], 0.04: [2, 2]}), 0.2, GRID)["n_rates_tied"] == 1


@pytest.mark.parametrize(("rate", "edge"), [(0.04, "lowest"), (0.2, ""), (1.0, "highest")])
def test_a_rate_at_the_end_of_its_grid_is_said_to_be(rate, edge):
    assert chosen_rate(tuning({each: [0.1, 0.2] for each in GRID}), rate, GRID)["rate_at_edge"] == edge


def test_a_grid_of_one_rate_has_no_edge():
    assert chosen_rate(tuning({0.2: [0.1, 0.2]}), 0.2, (0.2,))["rate_at_edge"] == ""


def test_one_seed_says_nothing_of_the_spread():
    row = chosen_rate(tuning({0.04: [0.7], 0.2: [0.1], 1.0: [0.6]}), 0.2, GRID)
    assert row["tuning_loss"] == 0.1 and row["n_rates_tied"] is pd.NA and np.isnan([row["tuning_loss_low"], row["tuning_loss_high"]]).all()


def test_a_rate_at_which_a_seed_diverged_is_told_apart_by_that():
    assert chosen_rate(tuning({0.04: [0.7, 0.9], 0.2: [0.1, 0.5], 1.0: [0.2, np.nan]}), 0.2, GRID)["n_rates_tied"] == 0


def test_where_every_rate_diverged_or_none_was_chosen_no_loss_is_made_up():
    everywhere = chosen_rate(tuning({rate: [np.nan, 0.1] for rate in GRID}), 0.04, GRID)
    assert np.isnan(everywhere["tuning_loss"]) and everywhere["n_rates_tied"] is pd.NA and everywhere["rate_at_edge"] == "lowest"
    failed = chosen_rate(tuning({rate: [np.nan, np.nan] for rate in GRID}), np.nan, GRID)
    assert np.isnan(failed["tuning_loss"]) and failed["rate_at_edge"] == ""


def conditions(*rows):
    columns = ["role", "learning_rate", "n_rates", "rate_at_edge", "n_rates_tied"]
    return pd.DataFrame(rows, columns=columns).astype({"n_rates": "Int64", "n_rates_tied": "Int64"})


def test_the_sentence_counts_conditions_that_were_tuned_and_no_controls():
    chosen = [("cure", 0.2, 3, "", 1), ("cure", 0.2, 3, "highest", 0), ("unmitigated", 0.04, 3, "lowest", 2), ("cure", 0.04, 3, "lowest", pd.NA)]
    others = [("control", 0.2, 3, "lowest", 2), ("cure", np.nan, pd.NA, "", pd.NA), ("cure", 0.2, 1, "", 0)]
    assert sentence(conditions(*chosen, *others)) == (
        "In 2 of 3 conditions another rate could not be told from the chosen one; in 3 of 4 conditions the chosen rate is at the edge of its grid."
    )


def test_with_one_seed_the_sentence_says_unknown_and_with_one_rate_nothing():
    assert sentence(conditions(("cure", 0.2, 3, "", pd.NA))).startswith("With one tuning seed it is unknown")
    assert sentence(conditions(("cure", 0.2, 1, "", pd.NA))) == ""
