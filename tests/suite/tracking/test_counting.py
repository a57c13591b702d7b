"""Which conditions count for a benchmark: what is finished, failed or unfinished, and what was trained before one that trains everything anew."""

import shutil
import time
from dataclasses import replace

import pytest

from tests.support.benchmarks import failed, results, smoke
from tests.support.states import finished
from unvanish.suite.experiment.plan import select
from unvanish.suite.tracking import Tracker, default_uri, read

CONTEXT = {"unvanish": "0", "command": "unvanish run smoke"}


@pytest.fixture(scope="module")
def plan():
    return select(smoke(), "task=first_symbol,model=feedforward,mitigation=none|rmsprop|relu|gradient_clipping")


def of(plan, count):
    """The results of the first conditions."""
    chosen = {condition.fingerprint for condition in plan.conditions[:count]}
    return [result for result in results(plan.cohorts[0], metric=1.0) if result.trial.condition.fingerprint in chosen]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A store without runs, to be copied, since its creation takes seconds."""
    folder = tmp_path_factory.mktemp("empty")
    Tracker(default_uri(folder), folder)
    return folder


@pytest.fixture
def tracker(empty, tmp_path):
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    return Tracker(default_uri(tmp_path), tmp_path)


def test_what_was_trained_before_an_interrupted_fresh_run_does_not_count_for_it_and_still_counts_for_its_own(tmp_path, tracker, plan):
    with tracker.benchmark(plan, CONTEXT, fresh=False) as old:
        old.record(results(plan.cohorts[0]))
    fresh = tracker.open_benchmark(plan, CONTEXT, fresh=True)
    fresh.record(of(plan, 1))
    continued = tracker.continued(plan)
    assert continued.info.run_id == fresh.run_id != old.run_id
    assert finished(tracker, continued) == {plan.conditions[0].fingerprint}
    assert len(read(default_uri(tmp_path)).trials) == 4 and set(read(default_uri(tmp_path)).evaluated.diagnosis) == {"solved"}
    before = read(default_uri(tmp_path), old.run_id)
    assert len(before.trials) == 16 and "solved" not in set(before.trials.diagnosis)
    with tracker.benchmark(plan, CONTEXT, fresh=False) as resumed:
        assert resumed.run_id == fresh.run_id
        resumed.record([result for result in results(plan.cohorts[0], metric=1.0) if result.trial.condition.fingerprint != plan.conditions[0].fingerprint])
    assert len(finished(tracker, tracker.continued(plan))) == 4 and len(read(default_uri(tmp_path)).trials) == 16


def test_what_another_benchmark_trained_since_counts_for_a_fresh_one(tracker, plan):
    """By its time, as what another machine has trained."""
    other = replace(plan, profile=plan.profile.model_copy(update={"name": "another"}))
    with tracker.benchmark(plan, CONTEXT, fresh=True):
        pass
    fresh = tracker.continued(plan)
    with tracker.benchmark(other, CONTEXT, fresh=False) as writer:
        writer.record(of(plan, 2))
    assert len(finished(tracker, fresh)) == 2
    tracker.client.set_tag(fresh.info.run_id, "fresh_since", str(int(time.time() * 1000) + 10**6))
    assert finished(tracker, tracker.continued(plan)) == set() and len(finished(tracker, tracker.continued(other))) == 2


def test_what_failed_is_told_from_what_is_finished_and_what_is_finished_later_counts(tmp_path, tracker, plan):
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        writer.record(failed(plan.cohorts[0]))
    assert set(tracker.states().values()) == {"FAILED"} and finished(tracker) == set()
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        writer.record(of(plan, 1))
    assert sorted(tracker.states().values()) == ["FAILED", "FAILED", "FAILED", "FINISHED"]
    trials = read(default_uri(tmp_path)).trials
    assert trials.groupby("mitigation").status.unique().map(set).to_dict() == {
        condition.mitigation: {"finished" if index == 0 else "failed"} for index, condition in enumerate(plan.conditions)
    }
