"""The table to publish: one row a condition, by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.suite.tables.schema import CONDITIONS

KEY = ("adding", 25, "rnn", "relu")


def row(words, **options):
    (found,) = conditions(*benchmark({KEY: words}, **options)).itertuples()
    return found


def test_counts_rate_interval_and_names():
    one = row(["solved", "solved", "exploded", "vanished", "failed"])
    assert (one.n_solved, one.n_trials, one.n_failed, one.success_rate, one.state, one.role) == (2, 4, 1, 0.5, "partly failed", "cure")
    assert (one.success_low, one.success_high) == pytest.approx((0.15004, 0.84996), abs=1e-5)  # (2 + z^2/2 -+ z sqrt(1 + z^2/4)) / (4 + z^2)
    assert one.failure == "made up" and row(["solved"]).failure == ""
    assert not {"solved", "tried", "low", "high", "rates", "rates_solved"} & set(CONDITIONS)


def test_the_cause_is_the_most_frequent_one_of_those_not_solved():
    one = row(["solved", "vanished", "exploded", "exploded", "failed"])
    assert (one.cause, one.n_cause) == ("exploded", 2)
    assert row(["vanished", "saturated"]).cause == "saturated"  # of equals the first word
    assert (row(["solved", "failed"]).cause, row(["solved", "failed"]).n_cause) == ("", 0)


def test_what_tuning_leaves_open_is_in_the_row():
    """The losses of tables.py: 0.01 and 0.02 at the middle rate, 0.11 and 0.12 at the others."""
    one = row(["solved"] * 2)
    assert (one.learning_rate, one.search_stopped, one.n_rates_tied, one.n_rates, one.n_rates_solved) == (0.2, "inside", 0, 3, 0)
    assert (one.tuning_loss, one.tuning_loss_low, one.tuning_loss_high) == pytest.approx((0.015, 0.01, 0.02))
    assert row(["solved"], rates=(0.2, 1.0)).search_stopped == "cap"


def test_of_a_condition_whose_trials_failed_nothing_is_made_up():
    one = row(["failed", "failed"])
    assert np.isnan([one.learning_rate, one.clipped_share, one.steps_to_solved, one.steps_low, one.score, one.success_rate]).all()
    assert (one.n_solved, one.n_trials, one.n_failed, one.state, one.failure, one.diagnoses) == (0, 0, 2, "failed", "made up", "2 failed")


def test_a_crash_does_not_dilute_what_clipping_did():
    plan, trials = benchmark({KEY: ["solved", "failed"]})
    trials.loc[trials.diagnosis == "solved", "clipped_share"] = 0.6
    assert conditions(plan, trials).clipped_share[0] == 0.6


def test_what_was_not_run_has_a_row_without_figures():
    one = row(None)
    assert (one.state, one.n_trials, one.n_failed) == ("not run", 0, 0) and pd.isna([one.success_rate, one.success_low, one.n_cause, one.n_rates_tied]).all()
