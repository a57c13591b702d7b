"""Cohorts that make no progress: when that is told and when they are given up, by a clock of the test's own; and one whose task hangs, by workers."""

import pytest
from distributed import LocalCluster

from tests.support.benchmarks import smoke
from unvanish.suite import plugins
from unvanish.suite.execution import cohorts, late_calls, references, stalls
from unvanish.suite.execution.clusters import cluster_at, local_workers
from unvanish.suite.execution.cohorts import Done, Stalled, run
from unvanish.suite.execution.stalls import StallWatch
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load, with_plugin_entries
from unvanish.tasks.registry import Registry

HANGS = """
import time
from dataclasses import dataclass
from typing import ClassVar

from unvanish.tasks.first_symbol import FirstSymbol


@dataclass(frozen=True)
class Hangs(FirstSymbol):
    name: ClassVar[str] = "hangs"

    def draw(self, random, count):
        time.sleep(600)


TASK = Hangs
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def test_it_is_told_after_a_minute_then_after_twice_as_long(clock):
    watch, told = StallWatch(now=clock), []
    watch.progress("a", "worker")
    for clock.time in range(0, 300, 10):
        while key := watch.notice():
            told.append((key, watch.seconds(key)))
    assert told == [("a", 60), ("a", 120), ("a", 240)] and watch.overdue() is None


def test_progress_begins_anew_and_what_has_ended_is_forgotten(clock):
    watch = StallWatch(limit=100, now=clock)
    watch.progress("a", "worker")
    watch.progress("b", "worker")
    clock.time = 90
    watch.progress("a", "worker")
    assert watch.notice() == "b" and watch.notice() is None and watch.overdue() is None
    clock.time = 110
    assert watch.overdue() == "b"
    watch.ended("b")
    assert watch.overdue() is None and watch.notice() is None


@pytest.fixture
def hanging(tmp_path):
    """A cohort whose task hangs, and one that does not."""
    (tmp_path / "hangs.py").write_text(HANGS)
    plugins.add(tmp_path / "hangs.py")
    (hangs,) = select(make_plan(with_plugin_entries(load("smoke"))), "task=hangs,model=rnn,mitigation=none").cohorts
    (works,) = select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts
    yield hangs, works
    Registry.plugins.clear()


@pytest.mark.slow
def test_a_task_that_hangs_is_told_and_given_up_and_the_others_go_on(hanging, monkeypatch):
    monkeypatch.setattr(cohorts, "STALL_TIMEOUT", 0.5)
    monkeypatch.setattr(stalls, "FIRST_NOTICE", 1.0)
    monkeypatch.setattr(late_calls, "FIRST_NOTICE", 1.0)
    monkeypatch.setattr(late_calls, "POLL", 0.5)
    hangs, works = hanging
    with local_workers(1) as client:
        events = [*run([hangs], client, limit=8), *run([works], client)]
        lines = []
        found, _ = references.collect_references(references.start_references([hangs], client), client, lines.append, limit=3)
    assert any(isinstance(event, Stalled) and event.cohort is hangs for event in events)
    done = {event.cohort.task.name: event for event in events if isinstance(event, Done)}
    assert done["first_symbol"].failure is None and {result.status for result in done["first_symbol"].results} == {"finished"}
    assert done["hangs"].failure.startswith("it made no progress for ")
    assert done["hangs"].failure.endswith("the time limit is 8 s; its worker process was ended")
    assert {result.status for result in done["hangs"].results} == {"failed"}
    assert found == [] and "still waiting for the reference predictors of hangs lag" in lines[0] and "longer than the time limit of 3 s" in lines[-1]


@pytest.mark.slow
def test_workers_that_others_started_are_not_ended(hanging):
    hangs, _ = hanging
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster, cluster_at(cluster.scheduler_address) as client:
        before = client.scheduler_info()["workers"].keys()
        (done,) = (event for event in run([hangs], client, limit=5) if isinstance(event, Done))
        assert "which others started, may still be busy with it" in done.failure
        assert client.scheduler_info()["workers"].keys() == before
