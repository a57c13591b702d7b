"""Worker processes: what fails in one becomes rows, one that is killed is replaced, and each run gets its own results."""

import dataclasses
import gc
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
import pytest
from distributed import Client, LocalCluster

from tests.support.benchmarks import smoke
from unvanish.suite.execution.clusters import cluster_at, local_workers
from unvanish.suite.execution.cohorts import Done, Progress, run
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.tasks.errors import UsageError

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cohort():
    return select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts[0]


@pytest.fixture(scope="module")
def client():
    with local_workers(1) as client:
        yield client


def broken(cohort):
    """The same cohort with sequences that are longer than what its program is made for."""
    return dataclasses.replace(cohort, model="lstm", max_length=1)


@pytest.mark.slow
def test_a_cohort_that_raises_becomes_failed_rows_and_the_others_go_on(client, cohort):
    events = list(run([broken(cohort), cohort], client))
    done = {event.cohort.model: event for event in events if isinstance(event, Done)}
    assert done["rnn"].failure is None
    assert {result.status for result in done["rnn"].results} == {"finished"}
    assert "ValueError" in done["lstm"].failure
    assert len(done["lstm"].results) == cohort.trials
    assert {(result.status, result.diagnosis.word) for result in done["lstm"].results} == {("failed", "failed")}
    assert all(np.isnan(result.score) for result in done["lstm"].results)
    trained = sum(event.trial_steps for event in events if isinstance(event, Progress) and event.cohort.model == "rnn")
    assert trained == len(done["rnn"].results) * cohort.budget.steps and cohort.trials <= len(done["rnn"].results) <= cohort.most_trials


def test_a_worker_takes_large_buffers_again_without_asking_the_system(client):
    buffers, pages = 20, 256  # of 1 MB each

    def page_faults():
        def taken_and_given_back():
            before = getrusage(RUSAGE_SELF).ru_minflt
            for _ in range(buffers):
                np.ones(pages * 512)
            return getrusage(RUSAGE_SELF).ru_minflt - before

        taken_and_given_back()
        return taken_and_given_back()

    assert client.submit(page_faults, pure=False).result() < buffers * pages / 10


@pytest.mark.slow
def test_a_worker_keeps_nothing_of_a_cohort_but_its_programs(client, cohort):
    list(run([cohort], client))

    def left():
        gc.collect()
        kinds = [type(thing).__name__ for thing in gc.get_objects()]
        return kinds.count("CohortTrainer") + kinds.count("Wave"), kinds.count("ProbeProgram"), kinds.count("Programs")

    programs = next(iter(client.run(left).values()))[1:]
    list(run([cohort], client))
    deadline = time.monotonic() + 30  # that the results are no longer wanted reaches the worker a little later
    while client.run(left) != dict.fromkeys(client.run(os.getpid), (0, *programs)):
        assert time.monotonic() < deadline


@pytest.mark.slow
def test_the_second_lag_of_a_task_compiles_nothing(client):
    """The worker has the programs of the first one: by the seconds that it reports."""
    cohorts = select(make_plan(load("quick")), "task=first_symbol,model=rnn,mitigation=none").cohorts
    short = [
        dataclasses.replace(
            cohort,
            conditions=tuple(dataclasses.replace(c, budget=dataclasses.replace(c.budget, steps=100)) for c in cohort.conditions),
        )
        for cohort in cohorts
    ]
    first, second = (event for event in run(short, client) if isinstance(event, Done))
    assert (first.cohort.task.lag, second.cohort.task.lag) == (25, 5)
    assert first.seconds["compiling"] > 0
    programs = client.run(traced)
    assert list(programs.values()) == [1]


def traced():
    """The number of times that the programs of this process which were made last were traced."""
    import gc

    from unvanish.suite.training.programs import Programs

    return max(thing.train.experimental_get_tracing_count() for thing in gc.get_objects() if isinstance(thing, Programs) and thing.task.max_length == 26)


@pytest.mark.slow
def test_a_worker_process_is_replaced_after_a_number_of_cohorts_and_nothing_is_lost(client, cohort, monkeypatch):
    def process():
        return set(client.run(os.getpid).values())

    (expected,) = (event for event in run([cohort], client) if isinstance(event, Done))
    before = process()
    monkeypatch.setattr("unvanish.suite.execution.cohorts.COHORTS_PER_PROCESS", 2)
    done = [event for event in run([cohort] * 4, client) if isinstance(event, Done)]
    assert not before & process()
    assert [event.failure for event in done] == [None] * 4
    for event in done:
        assert [result.trained.loss for result in event.results] == [result.trained.loss for result in expected.results]


@pytest.mark.slow
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
                assert [result.trained.loss for result in event.results] == [result.trained.loss for result in expected.results]


def losses(events):
    return {event.cohort.label: [result.trained.loss for result in event.results] for event in events if isinstance(event, Done)}


@pytest.mark.slow
def test_two_runs_on_one_scheduler_get_their_own_results_and_their_own_progress(cohort):
    """Their cohorts have equal labels, and differ in their seeds only."""
    conditions = tuple(
        dataclasses.replace(condition, budget=dataclasses.replace(condition.budget, evaluation_seeds=(901, 902))) for condition in cohort.conditions
    )
    other = dataclasses.replace(cohort, conditions=conditions)
    found = {}

    def train(name, chosen, address):
        with cluster_at(address) as client:
            found[name] = list(run([chosen], client))

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster:
        pair = [threading.Thread(target=train, args=(name, chosen, cluster.scheduler_address)) for name, chosen in (("a", cohort), ("b", other))]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
    for name, chosen in (("a", cohort), ("b", other)):
        (done,) = (event for event in found[name] if isinstance(event, Done))
        assert {result.trial.seed for result in done.results if result.trial.phase == "evaluate"} == set(chosen.budget.evaluation_seeds)
        assert sum(event.trial_steps for event in found[name] if isinstance(event, Progress)) == len(done.results) * chosen.budget.steps


@pytest.mark.slow
def test_workers_of_a_scheduler_that_others_use_are_never_restarted(cohort, monkeypatch):
    monkeypatch.setattr("unvanish.suite.execution.cohorts.COHORTS_PER_PROCESS", 1)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster, cluster_at(cluster.scheduler_address) as client:
        before = client.run(os.getpid)
        assert [event.failure for event in run([cohort] * 2, client) if isinstance(event, Done)] == [None] * 2
        assert client.run(os.getpid) == before


@contextmanager
def worker_with_other_code(tmp_path, address, client):
    """A worker whose copy of the suite has one threshold changed; it has joined when the block begins."""
    shutil.copytree(ROOT / "unvanish", tmp_path / "unvanish", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "unvanish" / "suite" / "training" / "packing.py"
    changed.write_text(changed.read_text() + "\n\nANOTHER = 1\n")
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", "other"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client.wait_for_workers(len(client.scheduler_info(n_workers=-1)["workers"]) + 1, timeout=60)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_worker_with_other_code_is_noticed_before_anything_is_sent(tmp_path):
    with (
        LocalCluster(n_workers=0, dashboard_address=":0", host="127.0.0.1") as cluster,
        Client(cluster) as client,
        worker_with_other_code(tmp_path, cluster.scheduler_address, client),
        pytest.raises(UsageError, match=r"has other code than this machine \(other source files of unvanish\)"),
        cluster_at(cluster.scheduler_address),
    ):
        pass


@pytest.mark.slow
def test_what_a_worker_with_other_code_refuses_is_trained_elsewhere(tmp_path, cohort, monkeypatch):
    """The other worker joins after the check, and is idle while the right one trains: it is given cohorts, and refuses them."""
    sent, submit = [], Client.submit
    monkeypatch.setattr(Client, "submit", lambda *given, **named: sent.append(named["workers"]) or submit(*given, **named))
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster:
        (right,) = (worker.worker_address for worker in cluster.workers.values())
        with cluster_at(cluster.scheduler_address) as client, worker_with_other_code(tmp_path, cluster.scheduler_address, client):
            events = list(run([cohort] * 6, client))
    assert any(sent_to == [right] for sent_to in sent)
    done = [event for event in events if isinstance(event, Done)]
    assert [event.failure for event in done] == [None] * 6
    assert len({tuple(result.trained.loss for result in event.results) for event in done}) == 1


@pytest.mark.slow
def test_where_only_mismatched_workers_are_left_every_trial_is_a_failed_result(tmp_path, cohort):
    with LocalCluster(n_workers=0, dashboard_address=":0", host="127.0.0.1") as cluster, cluster_at(cluster.scheduler_address) as client:
        events = run([cohort] * 2, client)
        with worker_with_other_code(tmp_path, cluster.scheduler_address, client):
            done = [event for event in events if isinstance(event, Done)]
    assert len(done) == 2
    for event in done:
        assert "every worker has other code than this machine (other source files of unvanish)" in event.failure
        assert {result.status for result in event.results} == {"failed"} and all(np.isnan(result.score) for result in event.results)
        assert len(event.results) == cohort.trials
