"""What a benchmark measured, beside a diagnosis: the counts are those of its trials."""

import pytest

from tests.support import benchmarks
from tests.support.records import layers_with, record
from unvanish.suite.debugger.evidence import evidence

LAG = 20  # of the record: its recurrent layer has as many steps


@pytest.fixture(scope="module")
def data():
    return benchmarks.complete()


def nearest(data, task):
    lags = data.evaluated[data.evaluated.task == task].lag.unique()
    return min(lags, key=lambda lag: abs(lag / LAG - 1) if lag >= LAG else abs(LAG / lag - 1))


def test_the_counts_are_those_of_the_trials_at_the_nearest_lags(data):
    of_rnn, of_lstm = evidence("exploded", record(0.0), data)
    assert of_rnn.startswith("rnn on ") and of_lstm.startswith("lstm on ")
    trials = data.evaluated
    mine = trials[(trials.model == "rnn") & (trials.mitigation == "none") & (trials.lag == trials.task.map(lambda task: nearest(data, task)))]
    assert f"none {(mine.diagnosis == 'solved').sum()} of {len(mine)}" in of_rnn


def test_what_was_not_run_is_no_evidence(data):
    assert evidence("no_signal", record(0.0), data) == ()
    assert evidence("exploded", record(0.0, layers=layers_with("rnn", cell="MyCell")), data) == ()
    assert evidence("exploded", record(0.0), benchmarks.controls_only()) == ()
