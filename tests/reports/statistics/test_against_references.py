"""The verdict on networks and reference predictors, on figures written down by hand."""

import pandas as pd
import pytest
from scipy.stats import binomtest

from tests.support.tables import made_up_task, plan_record
from unvanish.reports.statistics.against_references import against_references


def tables(metrics, recorded=True, test_sequences=400, **fields):
    facts = {"sequences": [60, 20, 100], "reference": "all steps", "reference_metric": 0.8}
    plan = plan_record([made_up_task("table", 0, parameters={"facts": facts} if recorded else {}, **fields)], test_sequences=test_sequences)
    rows = [{"task": "table", "lag": 0, "model": m, "mitigation": c, "metric_value": value} for (m, c), values in metrics.items() for value in values]
    return plan, pd.DataFrame(rows)


@pytest.mark.parametrize(("values", "verdict", "above"), [([0.95, 0.9, 0.97], "better", 3), ([0.8, 0.7, 0.95], "level", 1), ([0.5, 0.6, 0.3], "worse", 0)])
def test_the_median_of_the_best_condition_is_above_within_or_below_wilsons_interval(values, verdict, above):
    found = against_references(*tables({("gru", "none"): values, ("rnn", "none"): [0.1, 0.2, 0.99]})).iloc[0]
    interval = binomtest(80, 100).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert (found.reference, found.model, found.verdict, found.n_better) == ("all steps", "gru", verdict, above)


def test_the_interval_is_of_the_sequences_that_were_tested():
    found = against_references(*tables({("gru", "none"): [0.9]}, test_sequences=40)).iloc[0]
    assert found.n_test == 40 and found.high == pytest.approx(binomtest(32, 40).proportion_ci(method="wilson").high, abs=1e-6)


def test_a_synthetic_task_has_no_row_and_nothing_run_has_none():
    assert against_references(*tables({("gru", "none"): [0.9]}, recorded=False)).empty
    assert against_references(*tables({("gru", "none"): [float("nan")]})).empty


@pytest.mark.parametrize(("values", "verdict", "better"), [([0.7, 0.6, 0.9], "better", 2), ([0.8, 0.8, 0.7], "level", 1), ([0.9, 0.95, 0.7], "worse", 1)])
def test_an_error_is_better_where_it_is_lower_and_has_no_interval_of_a_share(values, verdict, better):
    found = against_references(*tables({("gru", "none"): values, ("rnn", "none"): [1.5]}, better="lower", share=False)).iloc[0]
    assert (found.low, found.high) == (0.8, 0.8)
    assert (found.model, found.verdict, found.n_better) == ("gru", verdict, better)
