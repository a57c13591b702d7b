"""What becomes of a run whose workers or scheduler do not come, die, or go away: by stand-ins for the cohorts, and a clock of the test's own."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest
from distributed import CancelledError, Client, LocalCluster, Security

from tests.support import calls
from tests.support.benchmarks import smoke
from unvanish.suite.execution import cohorts, late_calls, presence, references
from unvanish.suite.execution import local_workers as module
from unvanish.suite.execution.clusters import cluster_at, local_workers, scheduler_address
from unvanish.suite.execution.cohorts import Done, Notice, run
from unvanish.suite.execution.local_workers import MAX_DEATHS, RETRIES
from unvanish.suite.execution.presence import Presence
from unvanish.suite.experiment.plan import select
from unvanish.tasks.errors import UsageError


@pytest.fixture(scope="module")
def cohort():
    return select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts[0]


@pytest.fixture
def quick(monkeypatch):
    """Look for workers often."""
    monkeypatch.setattr(cohorts, "STALL_TIMEOUT", 0.2)
    monkeypatch.setattr(late_calls, "POLL", 0.2)


@pytest.fixture(scope="module")
def client():
    with local_workers(1) as client:
        yield client


def test_nobody_without_the_key_of_the_run_can_connect_to_scheduler_or_worker_and_nothing_else_listens(client):
    (worker,) = client.run(os.getpid)
    for address in (client.scheduler.address, worker):
        for stranger, security in ((address.replace("tls", "tcp"), None), (address, Security.temporary())):
            with pytest.raises(OSError, match=r"Timed out|tls|SSL|Connect|comm"), Client(stranger, security=security, timeout=2):
                pass
    (pid,) = client.run(os.getpid).values()
    ports = [socket.laddr for process in (psutil.Process(), psutil.Process(pid)) for socket in process.net_connections() if socket.status == "LISTEN"]
    own = {client.scheduler.address, worker}
    assert {f"tls://{ip}:{port}" for ip, port in ports} == own
    assert client.submit(sum, (1, 2)).result() == 3


def test_a_connection_that_dask_made_again_ends_the_run_in_a_sentence_since_dask_forgot_what_was_submitted(client):
    with pytest.raises(UsageError, match=r"was lost for a while; what was trained is recorded, and the same command goes on"), Presence(client).needed():
        raise CancelledError("scheduler-connection-lost")
    assert client.status == "running"


def test_a_cohort_whose_worker_dies_is_tried_again_so_often_then_fails_with_its_last_words_and_the_others_go_on(client, cohort, quick, monkeypatch):
    monkeypatch.setattr(cohorts, "train_cohort", calls.die)
    deadly = replace(cohort, model="lstm")
    events = list(run([deadly, cohort], client))
    done = {event.cohort.model: event for event in events if isinstance(event, Done)}
    assert done["rnn"].failure is None and {result.status for result in done["lstm"].results} == {"failed"}
    assert done["lstm"].failure.startswith(f"{RETRIES + 1} workers died while they trained it")
    assert r"the last one ended by SIGKILL: no \x1b[31mroom left; use fewer" in done["lstm"].failure
    notices = [event.line for event in events if isinstance(event, Notice)]
    assert len(notices) == RETRIES and all(line.startswith(f"the worker process that trained {deadly.label} died (ended by SIGKILL") for line in notices)


def test_processes_that_die_while_they_start_end_the_run_in_a_sentence(cohort, quick, monkeypatch):
    monkeypatch.setattr(module, "PROGRAM", "import sys; sys.exit('cannot load anything')")
    with local_workers(2) as client:
        assert len(client.cluster.processes) == 2 * MAX_DEATHS
        with pytest.raises(UsageError, match=r"died again and again, 5 in a row \(the last one ended with exit status 1: cannot load anything\)"):
            list(run([cohort], client))


class Clock:
    """A clock that is set by hand."""

    time = 0.0

    def __call__(self):
        return self.time


def test_a_scheduler_without_workers_is_told_with_what_to_type_then_the_run_ends(monkeypatch):
    clock, workers, told = Clock(), [0], []
    monkeypatch.setattr(presence, "number_of_workers", lambda _: workers[0])

    class Scheduler:
        address = "tcp://here:1"

    class Idle:
        status, cluster, scheduler = "running", None, Scheduler

    watch = Presence(Idle(), limit=500, now=clock)
    for clock.time in range(0, 500, 10):
        if line := watch.check():
            told.append((clock.time, line))
    assert [at for at, _ in told] == [60, 120, 240, 480]
    assert "had no worker for 60 s; start some with `dask worker tcp://here:1 --nthreads 1`; the run ends after 500 s" in told[0][1]
    workers[0], clock.time = 1, 490
    assert watch.check() is None
    workers[0], clock.time = 0, 980
    assert "for 490 s" in watch.check()  # that it was there counts
    clock.time = 990
    with pytest.raises(UsageError, match=r"no worker for 500 s; what was trained is recorded; start some with .* --worker-timeout SECONDS"):
        watch.check()


def test_cohorts_and_reference_predictors_do_not_wait_for_ever_for_workers(cohort, quick):
    with LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster, cluster_at(cluster.scheduler_address) as client:
        with pytest.raises(UsageError, match="has had no worker for"):
            list(run([cohort], client, worker_limit=0.5))
        with pytest.raises(UsageError, match="has had no worker for"):
            references.collect_references(references.start_references([cohort], client), client, print, worker_limit=0.5)


@pytest.fixture
def scheduler(tmp_path):
    """The process of a scheduler, and its file."""
    file = tmp_path / "scheduler.json"
    command = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip().endswith("}")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield process, file
    process.kill()
    process.wait()


@pytest.mark.parametrize("what", ["cohorts", "references"])
def test_a_scheduler_that_is_killed_ends_cohorts_and_reference_predictors_in_a_sentence_alone(scheduler, cohort, quick, capfd, what):
    """They wait for a worker, which never comes."""
    process, file = scheduler
    with pytest.raises(UsageError, match="has gone away; what was trained is recorded"), cluster_at(str(file)) as client:
        wait_while_killed(process, cohort, client, what)
    assert capfd.readouterr() == ("", "")


def wait_while_killed(process, cohort, client, what):
    """Wait for cohorts or reference predictors, while the scheduler's process is killed."""
    killer = threading.Timer(0.5, process.kill)
    if what == "cohorts":
        killer.start()
        list(run([cohort], client))
    else:
        started = references.start_references([cohort], client)
        killer.start()
        references.collect_references(started, client, print)


def test_a_file_that_is_no_scheduler_file_is_refused(tmp_path):
    (tmp_path / "scheduler.json").write_text('{"address": ')
    with pytest.raises(UsageError, match="holds no address"):
        scheduler_address(str(tmp_path / "scheduler.json"))
    assert scheduler_address("tcp://host:1") == "tcp://host:1"


def test_workers_end_with_the_process_that_started_them_however_it_ends():
    code = "import os, signal\nfrom unvanish.suite.execution.clusters import local_workers\nwith local_workers(1) as client:\n"
    code += "    print(*client.run(os.getpid).values(), flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while psutil.pid_exists(int(done.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
