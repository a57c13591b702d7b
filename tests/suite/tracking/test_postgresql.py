"""What teams have: an MLflow server on PostgreSQL, which serves artifacts, has a password in its address, and is stopped and started during a run."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from unvanish.suite.tracking import default_uri, read

UNVANISH = str(Path(sys.executable).parent / "unvanish")
PASSWORD = "hunter2-and-more"
PROFILE = """
description = "tiny"
models = ["feedforward", "rnn", "lstm", "gru"]
mitigations = ["none", "gradient_clipping"]
hidden_size = 8
batch_size = 8
steps = 20
evaluate_every = 20
validation_sequences = 64
test_sequences = 64
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101, 102]

[learning_rates]
count = 2
most = 2
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003

[[task]]
name = "first_symbol"
lags = [4]
"""
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BINARIES, reason="PostgreSQL is not installed: no /usr/lib/postgresql/*/bin/initdb; apt-get install postgresql"),
]


def user():
    """The name of a user that the server of the database may run as: PostgreSQL refuses root."""
    return next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}) if os.getuid() == 0 else None


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Database:
    """A server of PostgreSQL with a socket of its own in a folder, and no port."""

    def __init__(self, folder):
        self.folder, self.bin, self.user = folder, BINARIES[-1].parent, user()
        folder.mkdir(mode=0o755)
        if self.user:
            shutil.chown(folder, self.user)
        self.call("initdb", "--auth=trust", "--username=mlflow", "--no-sync", f"{folder}/data")
        self.start()
        self.call("createdb", "--username=mlflow", f"--host={folder}", "mlflow")

    def call(self, program, *arguments):
        subprocess.run([f"{self.bin}/{program}", *arguments], user=self.user, cwd="/", check=True, capture_output=True, timeout=120)

    def start(self):
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self.call("pg_ctl", "start", "--wait", f"--pgdata={self.folder}/data", f"--log={self.folder}/log", f"--options={options}")

    def stop(self):
        self.call("pg_ctl", "stop", "--wait", "--mode=immediate", f"--pgdata={self.folder}/data")

    @property
    def address(self):
        return f"postgresql+psycopg2://mlflow@/mlflow?host={self.folder}"


class Server:
    """An MLflow server on that database, which keeps the artifacts in a folder, as behind a proxy that asks for a password."""

    def __init__(self, database, folder):
        self.port, self.folder = free_port(), folder
        folder.mkdir()
        store = ["--backend-store-uri", database.address, "--artifacts-destination", folder / "files", "--serve-artifacts"]
        serve = ["server", "--host", "127.0.0.1", "--port", self.port, "--workers", 1]
        self.command = [sys.executable, "-m", "mlflow", *serve, *store]
        self.start()

    def start(self):
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen([*map(str, self.command)], stdout=log, stderr=log, start_new_session=True, env={**os.environ, **quiet})
        for _ in range(240):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5)
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.5)

    def stop(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    @property
    def address(self):
        return f"http://anne:{PASSWORD}@127.0.0.1:{self.port}"


@contextmanager
def team_store(folder):
    """The database and the server, once they answer; the database is not below a folder that its user cannot read."""
    database = Database(folder / "database")
    try:
        server = Server(database, folder / "server")
        try:
            yield database, server
        finally:
            server.stop()
    finally:
        with suppress(subprocess.CalledProcessError):
            database.stop()


@pytest.fixture
def place():
    """A folder with a short path that others may read: a socket's path has at most 107 characters, and pytest's folders are for one's own."""
    folder = Path(f"/tmp/unvanish-postgresql-{os.getpid()}")
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


def run(profile, output, *options):
    return [UNVANISH, "run", str(profile), "--output", str(output), "--workers", "1", *options]


def sent(server):
    """How many conditions the server has."""
    client = MlflowClient(server.address)
    experiment = client.get_experiment_by_name("unvanish/conditions")
    return len(client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")) if experiment else 0


def tables(uri):
    """Trials and curves of a benchmark in an order of their own, without what differs from run to run."""
    benchmark = read(uri)
    key = ["task", "lag", "model", "mitigation", "phase", "learning_rate", "seed"]
    trials = benchmark.trials.drop(columns=["run_id", "seconds", "benchmark"]).sort_values(key, ignore_index=True)
    return (
        trials,
        benchmark.curves.sort_values([*key, "step"], ignore_index=True),
        benchmark.gradients.sort_values([*key, "step", "steps_back"], ignore_index=True),
    )


def test_a_server_on_postgresql_that_is_stopped_and_started_again_has_all_once_and_no_password_anywhere(place, tmp_path, monkeypatch):
    """First the server, then the database below it is away; what a run then leaves, `sync` sends."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    profile = tmp_path / "tiny.toml"
    profile.write_text(PROFILE)
    local, output = tmp_path / "local", tmp_path / "output"
    with team_store(place) as (database, server):
        with (tmp_path / "stderr").open("w") as stderr:
            process = subprocess.Popen(run(profile, output, "--tracking-uri", server.address), stdout=stderr, stderr=stderr)
            try:
                while not sent(server) and process.poll() is None:
                    time.sleep(0.5)
                server.stop()
                database.stop()
                while "does not answer" not in (tmp_path / "stderr").read_text() and process.poll() is None:
                    time.sleep(0.5)
                assert list((output / "unsent").glob("[0-9]*"))
                database.start()
                server.start()
                status = process.wait(timeout=600)
            finally:
                process.kill()
                process.wait()
        said = (tmp_path / "stderr").read_text()
        assert status == 0 and "answers again" in said and "Traceback" not in said, said
        client = MlflowClient(server.address)
        ids = [client.get_experiment_by_name(f"unvanish/{level}").experiment_id for level in ("benchmarks", "conditions", "trials")]
        assert [run.info.run_name for run in client.search_runs(ids, "attributes.status = 'RUNNING'", ViewType.ALL)] == []
        found = [[run.info.run_name for run in client.search_runs([level], max_results=1000)] for level in ids]
        assert all(len(names) == len(set(names)) > 0 for names in found)
        subprocess.run(run(profile, local), check=True, capture_output=True, timeout=600)
        for here, there in zip(tables(default_uri(local)), tables(server.address), strict=True):
            pd.testing.assert_frame_equal(here, there)
        assert not (output / "unsent").exists()
    assert PASSWORD not in said and "***@127.0.0.1" in said
    files = [path for folder in (output, place / "server", tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20 and not [path for path in files if PASSWORD.encode() in path.read_bytes()]
