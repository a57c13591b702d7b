import pandas as pd
import pytest

from unvanish.reports.statistics.horizon import NONE, MemoryHorizon, memory_horizon


def horizon(**by_lag):
    table = pd.DataFrame.from_dict({int(lag[1:]): counts for lag, counts in by_lag.items()}, orient="index", columns=["n_solved", "n_trials"])
    return memory_horizon(table.sample(frac=1, random_state=1))  # the order of the rows says nothing


def test_by_hand():
    """Wilson's intervals of 10, 9, 5 and 0 of 10: (.72, 1), (.60, .98), (.24, .76), (0, .28)."""
    assert horizon(l10=(10, 10), l20=(9, 10), l40=(5, 10), l80=(0, 10)) == MemoryHorizon(lag=40, low=20, high=40, longest=80, open=False)


def test_few_trials_leave_it_open():
    """3 of 3 may be a rate of .44, and 0 of 3 one of .56."""
    assert horizon(l10=(3, 3), l20=(0, 3)) == MemoryHorizon(lag=10, low=NONE, high=20, longest=20, open=True)


def test_the_upper_bound_is_not_known_where_the_longest_lag_may_be_solved():
    assert horizon(l10=(5, 5)).open and horizon(l10=(5, 5), l20=(1, 5)).open
    assert not horizon(l10=(5, 5), l20=(0, 5)).open


def test_a_lag_solved_beyond_one_that_is_not_does_not_count():
    assert horizon(l10=(10, 10), l20=(0, 10), l40=(10, 10)).lag == 10


@pytest.mark.parametrize(("counts", "lag"), [((4, 10), NONE), ((5, 10), 10), ((10, 10), 10)])
def test_half_of_the_trials_is_enough(counts, lag):
    assert horizon(l10=counts).lag == lag and horizon(l10=counts).longest == 10


def test_a_lag_of_0_that_is_solved_is_another_thing_than_none():
    assert horizon(l0=(10, 10), l7=(0, 10)).lag == 0 and horizon(l0=(0, 10), l7=(0, 10)).lag == NONE
