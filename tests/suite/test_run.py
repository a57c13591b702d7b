"""The Python interface: what it trains and reads back, what it tells a listener, and what it refuses."""

import subprocess
import sys
import textwrap
from collections import Counter

import pandas as pd
import pytest

import unvanish
from unvanish.tasks.errors import UsageError

SELECTED = "task=first_symbol,model=feedforward|rnn,mitigation=none|rmsprop"


class Heard(unvanish.Listener):
    def __init__(self):
        self.lines, self.steps, self.cohorts = [], Counter(), []

    def say(self, line):
        self.lines.append(line)

    def advance(self, cohort, trial_steps):
        self.steps[cohort.model] += trial_steps

    def done(self, cohort, results, failure):
        self.cohorts.append((cohort.model, len(results), failure))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder, heard = tmp_path_factory.mktemp("benchmark") / "results", Heard()
    return folder, unvanish.run("smoke", folder, select=SELECTED, workers=1, listener=heard), heard


def test_it_trains_tracks_and_gives_the_tables(ran):
    folder, benchmark, heard = ran
    assert benchmark.n_failed == 0 and benchmark.plan["profile"]["name"] == "smoke"
    assert set(zip(benchmark.trials.model, benchmark.trials.mitigation, strict=True)) == {
        (model, mitigation) for model in ("feedforward", "rnn") for mitigation in ("none", "rmsprop")
    }
    assert len(benchmark.curves) == 2 * len(benchmark.trials) and set(benchmark.gradients.model) == {"rnn"}
    assert set(benchmark.probes.probe) >= {"saturated_share", "spectral_radius"} and len(benchmark.references) == 2
    assert sorted(heard.cohorts) == [("feedforward", 8, None), ("rnn", 8, None)]
    assert heard.steps == {"feedforward": 8 * 40, "rnn": 8 * 40}
    assert not (folder / "report.html").exists()  # a report is another matter


def test_what_is_read_back_is_what_was_trained(ran):
    folder, benchmark, _ = ran
    again = unvanish.load(folder)
    assert again.run_id == benchmark.run_id
    for table in ("trials", "curves", "probes", "gradients", "references"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(benchmark, table))


def test_a_second_run_trains_only_what_is_missing(ran):
    folder, benchmark, _ = ran
    heard = Heard()
    more = unvanish.run("smoke", folder, select=SELECTED.replace("rnn,", "rnn|gru,"), workers=1, listener=heard)
    assert [model for model, _, _ in heard.cohorts] == ["gru"] and len(more.trials) == len(benchmark.trials) + 8


def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="there is no profile 'smok'; did you mean 'smoke'"):
        unvanish.run("smok", tmp_path / "new")
    with pytest.raises(UsageError, match="leave one of them out"):
        unvanish.run("smoke", tmp_path / "new", workers=1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="there are no results"):
        unvanish.load(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_interface_loads_nothing_that_is_slow_before_it_is_used():
    code = """
        import sys, suite
        assert {"Benchmark", "Listener", "load", "run"} == set(suite.__all__)
        assert not {"tensorflow", "mlflow", "pandas", "distributed"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
