"""One run at a time in a folder, whatever becomes of the process that runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from tests.support.commands import unvanish
from unvanish.suite.locking import LOCK_FILE, only_one_run
from unvanish.tasks.errors import UsageError

HOLD = """
import sys
from pathlib import Path
from unvanish.suite.locking import only_one_run

with only_one_run(Path(sys.argv[1])):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a folder until its standard input ends."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_ends_at_once_in_a_sentence_and_changes_nothing(tmp_path, holder):
    for command in (("run", "smoke"), ("validate",), ("reproduce",)):
        done = unvanish(*command, "--output", tmp_path)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done
        assert f"another run (process {holder.pid} on {socket.gethostname()}, since 20" in done.stderr
        assert f"'kill {holder.pid}' ends it) uses the folder {tmp_path}; wait until it has ended, or give another folder with --output" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


def test_the_folder_of_a_database_elsewhere_is_locked_too(tmp_path, holder):
    done = unvanish("run", "smoke", "--output", tmp_path / "new", "--tracking-uri", f"sqlite:///{tmp_path}/mlflow.db")
    assert done.returncode == 2 and f"uses the folder {tmp_path};" in done.stderr and not (tmp_path / "new").exists()


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == holder.pid
    with only_one_run(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_lock_that_tells_nothing_is_a_lock_all_the_same(tmp_path, holder):
    (tmp_path / LOCK_FILE).write_text("")
    with pytest.raises(UsageError, match=r"^another run uses the folder"), only_one_run(tmp_path):
        pass


def test_a_command_of_several_benchmarks_holds_the_lock_for_them_and_another_thread_does_not_get_it(tmp_path):
    refused = []

    def enter():
        try:
            with only_one_run(tmp_path):
                pass
        except UsageError as error:
            refused.append(str(error))

    with only_one_run(tmp_path):
        with only_one_run(tmp_path):
            pass
        assert (tmp_path / LOCK_FILE).exists()
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert len(refused) == 1 and not list(tmp_path.iterdir())
    enter()
    assert len(refused) == 1


def test_a_folder_that_cannot_be_locked_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"the folder .*gone cannot be locked \(.*\); give a folder that can be written"), only_one_run(tmp_path / "gone"):
        pass
