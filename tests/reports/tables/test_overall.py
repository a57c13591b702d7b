"""Rows over several tasks, by hand: what is pooled, what is left out, what is unknown."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.reports.tables.overall import horizons, longest_lags, overall

TASKS = ("first_symbol", "temporal_order")


def cells(**of_long):
    """Two tasks, the short lag always solved; `rnn_relu=...` gives the words of the long one."""
    names = [tuple(name.split("_", 1)) for name in of_long]
    return {
        (task, lag, model, mitigation): (words if lag == 25 else ["solved"] * 5)
        for task in TASKS
        for lag in (5, 25)
        for (model, mitigation), words in zip(names, of_long.values(), strict=True)
    }


def rows(made, function=overall):
    return function(*benchmark(made)).set_index(["model", "mitigation"])


def test_the_feed_forward_control_is_one_row_and_no_surer_for_its_mitigations():
    made = cells(**{f"feedforward_{name}": ["memoryless"] * 5 for name in ("none", "relu", "rmsprop")})
    for table in (rows(made), rows(made, longest_lags)):
        assert table.index.tolist() == [("feedforward", "any")] and table.role.tolist() == ["control"]
    row = rows(made, longest_lags).iloc[0]
    assert (row.n_solved, row.n_trials, row.n_problems, row.n_planned) == (0, 30, 2, 2)
    assert row.success_high == pytest.approx(proportion_confint(0, 10, method="wilson")[1])


def test_controls_are_not_compared_with_none():
    table = rows(cells(rnn_none=["vanished"] * 5, rnn_frozen=["learning"] * 5, rnn_relu=["solved"] * 5))
    assert table.role.to_dict() == {("rnn", "none"): "unmitigated", ("rnn", "frozen"): "control", ("rnn", "relu"): "cure"}
    assert table.improvement.isna().tolist() == [True, True, False]


def test_a_cure_is_not_compared_where_none_was_not_run_on_all_of_its_problems():
    plan, trials = benchmark(cells(rnn_none=["vanished"] * 5, rnn_relu=["solved"] * 5))
    missing = (trials.task == TASKS[0]) & (trials.lag == 25) & (trials.mitigation == "none")
    table = overall(plan, trials[~missing])
    assert table.mitigation.tolist() == ["relu"] and table.n_problems.tolist() == [4] and table.improvement.isna().all()


def test_an_improvement_on_every_seed_has_an_interval_and_equal_scores_have_none():
    """Ten pairs tie at the short lag, ten gain at the long one: 0.75, of 20 pairs."""
    row = rows(cells(rnn_none=["vanished"] * 5, rnn_relu=["solved"] * 5)).loc["rnn", "relu"]
    assert (row.improvement, row.improvement_low, row.improvement_high) == pytest.approx((0.75, *proportion_confint(15, 20, method="wilson")))
    assert row.iqm == 1 and np.isnan([row.iqm_low, row.iqm_high]).all()
    assert (row.n_solved, row.n_trials) == (20, 20) and row.success_low == pytest.approx(proportion_confint(20, 20, method="wilson")[0])


def test_a_crash_is_no_evidence():
    """Over all problems there is no figure of what failed on some, and nothing is better than a crash."""
    made = cells(rnn_none=["vanished"] * 5, rnn_relu=["failed"] * 5)
    assert list(rows(made).index) == [("rnn", "none")]
    crashed = cells(rnn_none=["failed"] * 5, rnn_relu=["solved"] * 5)
    assert list(rows(crashed).index) == [("rnn", "relu")] and np.isnan(rows(crashed).loc[("rnn", "relu"), "improvement"])
    pooled = cells(feedforward_none=["failed"] * 5, feedforward_relu=["memoryless"] * 5)
    assert rows(pooled).loc[("feedforward", "any"), ["n_trials", "n_failed"]].tolist() == [30, 10]  # one control: the other mitigation's trials are the same


def test_a_row_of_the_longest_lags_says_how_many_tasks_it_is_of():
    made = cells(rnn_none=["vanished"] * 5, rnn_relu=["solved"] * 5)
    made["temporal_order", 25, "rnn", "relu"] = ["failed"] * 5
    plan, trials = benchmark(made, no_gradient={(25, "relu")})
    table = longest_lags(plan, trials).set_index("mitigation")
    assert table.n_problems.to_dict() == {"none": 2, "relu": 1} and (table.n_planned == 2).all()
    assert table.n_trials.to_dict() == {"none": 10, "relu": 5} and table.n_failed.to_dict() == {"none": 0, "relu": 5}
    assert table.n_solved.to_dict() == {"none": 0, "relu": 5} and table.n_no_gradient.to_dict() == {"none": 0, "relu": 2}


def test_nothing_of_a_shorter_lag_is_shown_as_the_longest():
    made = {key: (None if key[1] == 25 else words) for key, words in cells(rnn_none=["vanished"] * 5).items()}
    (row,) = longest_lags(*benchmark(made)).itertuples()
    assert (row.n_problems, row.n_trials) == (0, 0) and np.isnan(row.success_low)


def test_horizons_pool_the_control_and_leave_out_what_was_run_in_part():
    made = cells(feedforward_none=["memoryless"] * 5, feedforward_relu=["memoryless"] * 5, rnn_none=["vanished"] * 5, rnn_relu=["solved"] * 5)
    made["temporal_order", 25, "rnn", "relu"] = None
    table = horizons(conditions(*benchmark(made))).set_index(["task", "model", "mitigation"])
    assert ("temporal_order", "rnn", "relu") not in table.index and len(table) == 5
    control = table.loc["first_symbol", "feedforward", "any"]
    assert (control.lag, control.low, control.high, control.open) == (5, 5, 5, False)  # 5 of 5 at the short lag, 0 of 5 at the long one
    relu = table.loc["first_symbol", "rnn", "relu"]
    assert (relu.lag, relu.low, relu.high, relu.open) == (25, 25, 25, True)
