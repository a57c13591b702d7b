"""Worker processes: what fails in one becomes rows, and one that is killed is replaced."""

import dataclasses
import gc
import os
import signal

import pytest

from suite.executor import Done, Progress, cluster_at, local_workers, run
from suite.plan import select
from tasks.errors import WrongUse
from tests.made_up import smoke


@pytest.fixture(scope="module")
def cohort():
    return select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts[0]


@pytest.fixture(scope="module")
def client():
    with local_workers(1) as client:
        yield client


def broken(cohort):
    """The same cohort with a recipe that does not exist."""
    conditions = tuple(dataclasses.replace(condition, changes={"nonsense": 1}) for condition in cohort.conditions)
    return dataclasses.replace(cohort, model="lstm", conditions=conditions)


def test_a_cohort_that_raises_becomes_failed_rows_and_the_others_go_on(client, cohort):
    events = list(run([broken(cohort), cohort], client))
    done = {event.cohort.model: event for event in events if isinstance(event, Done)}
    assert done["rnn"].failure is None
    assert {result.status for result in done["rnn"].results} == {"finished"}
    assert "nonsense" in done["lstm"].failure
    assert len(done["lstm"].results) == cohort.trials
    assert {(result.status, result.diagnosis.word, result.score) for result in done["lstm"].results} == {("failed", "failed", 0.0)}
    trained = sum(event.trial_steps for event in events if isinstance(event, Progress) and event.cohort.model == "rnn")
    assert trained == cohort.trials * cohort.budget.steps


def test_a_worker_keeps_nothing_of_a_cohort(client, cohort):
    list(run([cohort], client))
    (left,) = client.run(lambda: sum(type(thing).__name__ in ("CohortTrainer", "Programs") for thing in gc.get_objects())).values()
    assert left == 0


def test_a_worker_process_is_replaced_after_a_number_of_cohorts_and_nothing_is_lost(client, cohort, monkeypatch):
    def process():
        return set(client.run(os.getpid).values())

    (expected,) = (event for event in run([cohort], client) if isinstance(event, Done))
    before = process()
    monkeypatch.setattr("suite.executor.COHORTS_PER_PROCESS", 2)
    done = [event for event in run([cohort] * 4, client) if isinstance(event, Done)]
    assert not before & process()
    assert [event.failure for event in done] == [None] * 4
    for event in done:
        assert [result.outcome.loss for result in event.results] == [result.outcome.loss for result in expected.results]


def test_a_killed_worker_is_replaced_and_its_cohort_trained_again(client, cohort):
    (expected,) = (event for event in run([cohort], client) if isinstance(event, Done))
    long = dataclasses.replace(cohort, conditions=tuple(dataclasses.replace(c, budget=dataclasses.replace(c.budget, steps=400)) for c in cohort.conditions))
    killed = False
    for event in run([long, cohort], client):
        if not killed:
            (worker,) = client.run(os.getpid).values()
            os.kill(worker, signal.SIGKILL)
            killed = True
        if isinstance(event, Done):
            assert event.failure is None
            if event.cohort is cohort:
                assert [result.outcome.loss for result in event.results] == [result.outcome.loss for result in expected.results]


def test_a_scheduler_that_does_not_answer_is_said_so():
    with pytest.raises(WrongUse, match="no Dask scheduler answers"), cluster_at("tcp://127.0.0.1:9"):
        pass
