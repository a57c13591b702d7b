"""A new database is there as a whole or not at all, whatever stops the process that creates it."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from unvanish.suite.tracking import Tracker, default_uri

CREATE = "from pathlib import Path; from unvanish.suite.tracking import Tracker, default_uri; folder = Path({folder!r}); Tracker(default_uri(folder), folder)"
KILL_AT_STATEMENT = """
import os, signal, sqlalchemy
import unvanish.suite.tracking.store
left = [{count}]
@sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
def kill(*_):
    left[0] -= 1
    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)
"""
KILL_AT_RENAME = """
import os, signal
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
SMALL_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


def start(folder, before=""):
    return subprocess.Popen([sys.executable, "-c", before + CREATE.format(folder=str(folder))], stderr=subprocess.PIPE, text=True)


def assert_usable(folder):
    """The next process creates what is missing, and nothing unfinished is left."""
    tracker = Tracker(default_uri(folder), folder)
    levels = (tracker.store.benchmarks, tracker.store.conditions, tracker.store.trials)
    assert [tracker.client.get_experiment(level).name for level in levels] == ["unvanish/benchmarks", "unvanish/conditions", "unvanish/trials"]
    assert tracker.client.create_run(tracker.store.trials).info.status == "RUNNING"
    assert {path.name for path in folder.iterdir()} <= {"mlflow.db", "mlflow.db-wal", "mlflow.db-shm"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [*(KILL_AT_STATEMENT.format(count=count) for count in (1, 10, 60, 200, 350)), KILL_AT_RENAME],
    ids=["first statement", "statement 10", "statement 60", "statement 200", "statement 350", "rename"],
)
def test_a_process_killed_while_it_creates_the_database_leaves_the_folder_usable(tmp_path, before):
    process = start(tmp_path, before)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "mlflow.db").exists()
    assert_usable(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 50_000, 400_000])
def test_a_full_disk_ends_in_a_sentence_and_leaves_nothing_behind(tmp_path, size):
    process = start(tmp_path, SMALL_FILES.format(size=size))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "UsageError: the tracking database" in said.strip().split("\n")[-1] and "on a disk with room" in said
    assert list(tmp_path.iterdir()) == []
    assert_usable(tmp_path)


@pytest.mark.slow
def test_two_processes_that_create_at_once_use_one_database(tmp_path):
    pair = [start(tmp_path), start(tmp_path)]
    assert [process.communicate(timeout=120)[1] for process in pair] == ["", ""]
    assert [process.returncode for process in pair] == [0, 0]
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert [name for (name,) in database.execute("SELECT name FROM experiments WHERE name LIKE 'unvanish%' ORDER BY name")] == [
            "unvanish/benchmarks",
            "unvanish/conditions",
            "unvanish/trials",
        ]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert_usable(tmp_path)


def test_an_empty_file_is_no_database_yet(tmp_path):
    (tmp_path / "mlflow.db").touch()
    assert_usable(tmp_path)


def test_the_database_is_one_file_when_it_is_moved_into_place(tmp_path, monkeypatch):
    """What is left in a write-ahead log would be lost with the name it belongs to."""
    seen = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda source, target: seen.append(sorted(path.name for path in tmp_path.iterdir())) or replace(source, target))
    Tracker(default_uri(tmp_path), tmp_path)
    assert seen == [[".mlflow.db.lock", ".mlflow.db.unfinished"]]
