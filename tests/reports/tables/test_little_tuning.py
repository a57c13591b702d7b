"""How well a cure does with little tuning, by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.support.tables import plan_record
from unvanish.reports.tables.little_tuning import little_tuning

KEY = ["task", "lag", "model", "mitigation"]


def rows(*searches):
    """The conditions of one model and a plan of them: lag, mitigation, role, why its search stopped, width, whether it is open, expected best of 1 and 2."""
    names = ["lag", "mitigation", "role", "search_stopped", "width", "width_open", "expected_best_of_1", "expected_best_of_2"]
    conditions = pd.DataFrame(searches, columns=names).assign(task="adding", model="rnn", expected_best_of_3=np.nan)
    lags = [("adding", lag) for lag in dict.fromkeys(conditions.lag)]
    return little_tuning(plan_record(lags, conditions[KEY].to_dict("records")), conditions)


def test_a_row_is_the_mean_over_the_conditions_and_says_how_many_searches_were_left_open():
    table = rows((5, "none", "unmitigated", "inside", 1.4, "above", 0.5, 1.0), (9, "none", "unmitigated", "cap", 0.0, "", 0.0, 0.5))
    (row,) = table.itertuples()
    assert (row.n_conditions, row.n_cap, row.width, row.width_open, row.expected_best_of_1, row.expected_best_of_2) == (2, 1, pytest.approx(0.7), 1, 0.25, 0.75)
    assert np.isnan(row.expected_best_of_3)


def test_what_was_not_run_on_every_lag_and_controls_have_no_row():
    whole, part = ("none", "unmitigated"), ("relu", "cure")
    table = rows(
        *[(lag, *whole, "tied", 0.7, "", 1, 1) for lag in (5, 9)],
        (5, *part, "tied", 0.7, "", 1, 1),
        (9, *part, "", 0.7, "", 1, 1),
        (5, "frozen", "control", "cap", 0, "", 0, 0),
    )
    assert list(table.mitigation) == ["none"]
