"""Counts with trials that could not be run, and why, by hand."""

import pytest

from tests.support import benchmarks
from unvanish.reports.tables.failures import failures, reasons, solved_of
from unvanish.reports.tables.summary import markdown, solved_matrix, totals

COUNTS = {(2, 3): "2/3", (0, 3, 0): "0/3", (2, 3, 1): "2/3, 1 failed", (0, 3, 1): "0/3, 1 failed", (0, 0, 3): "failed", (0, 0, 0): "-"}


@pytest.mark.parametrize(("counts", "text"), COUNTS.items())
def test_what_failed_is_never_a_trial_that_solved_nothing(counts, text):
    assert solved_of(*counts) == text


def test_a_reason_is_said_once_with_its_conditions():
    data = benchmarks.failed_cure()
    (sentence,) = failures(data.trials)
    n_failed = (data.trials.status == "failed").sum()
    assert sentence.startswith(f"{n_failed} trials could not be run (") and sentence.endswith(f"further conditions): {benchmarks.REASON}")
    assert reasons(data.trials) == benchmarks.REASON and failures(benchmarks.complete().trials) == [] == benchmarks.nothing_run().trials.rule.tolist()


def test_the_summary_of_a_run_says_failed_and_why():
    data = benchmarks.failed_cure()
    header, *rows = solved_matrix(data)
    column = header.index(benchmarks.FAILED_CURE)
    assert {row[column] for row in rows} == {"failed"} and rows[0][1] == "0/5"
    assert "| failed |" in markdown(data) and markdown(data).endswith(benchmarks.REASON)
    figures = totals(data)
    assert figures["n_trials"] == (data.evaluated.status == "finished").sum() and figures["n_failed"] == (data.trials.status == "failed").sum()
