"""Ctrl-C, SIGTERM and a closed terminal: the first one stops a command, and nothing interrupts what it cleans up then."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient

ROOT = Path(__file__).parents[3]
HEED = """
import signal
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)  # a shell lets what it runs in the background ignore some
"""
CLEANS_UP = f"""{HEED}
import sys, time
from unvanish.suite import cli

def command(**_):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("cleaning up", flush=True)
        sys.stdin.readline()
        print("clean", flush=True)

cli.app = command
cli.main()
"""
RUN = f"{HEED}from unvanish.suite.cli import main; main()"
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize("first", STATUS, ids=lambda number: number.name)
def test_the_first_signal_stops_and_those_that_follow_do_not_interrupt_the_clean_up(first):
    command = [sys.executable, "-c", CLEANS_UP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(first)
        assert process.stdout.readline() == "cleaning up\n"
        for each in (*STATUS, first, first):
            process.send_signal(each)
        said, errors = process.communicate("\n", timeout=60)
    assert said == "clean\n"
    assert process.returncode == STATUS[first], errors


def test_what_nohup_ignores_stays_ignored():
    code = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom unvanish.suite.cli.signals import stop_at_signals\nstop_at_signals()\n"
    code += "signal.raise_signal(signal.SIGHUP)\nprint('here')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout == "here\n"


TINY = """
description = "one cohort that takes longer than the test"
models = ["rnn"]
mitigations = ["none"]
hidden_size = 8
batch_size = 8
steps = 1000000
evaluate_every = 1000
validation_sequences = 16
test_sequences = 16
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101]

[learning_rates]
count = 1
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003

[[task]]
name = "first_symbol"
lags = [5]
"""


def stopped_by(name, process, terminal):
    """Send what a case sends: as a terminal does, to the whole process group; return the exit status that is expected."""
    if name == "closed terminal":
        os.close(terminal)
        return 129
    number = {"five Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}[name]
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    for _ in range(4):
        time.sleep(0.1)
        if process.poll() is None and number == signal.SIGINT:
            os.killpg(process.pid, number)
    return STATUS[number]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["starting 1 worker process", "to go"])
@pytest.mark.parametrize("name", ["five Ctrl-C", "SIGTERM", "closed terminal"])
def test_a_run_that_is_stopped_leaves_no_worker_no_folder_and_no_run_that_runs(tmp_path, name, moment):
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "scratch").mkdir()
    terminal, own = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "scratch")}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "run", str(tmp_path / "tiny.toml"), "--output", str(tmp_path / "out"), "--workers", "1"],
        **dict.fromkeys(("stdin", "stdout", "stderr"), own),
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(own)
    said = ""
    while moment not in said:
        said += os.read(terminal, 4096).decode(errors="replace")
    children = psutil.Process(process.pid).children(recursive=True)
    expected = stopped_by(name, process, terminal)
    rest = b""
    if name != "closed terminal":
        while True:
            try:
                rest += os.read(terminal, 4096)
            except OSError:  # the other side is closed
                break
    assert process.wait(timeout=120) == expected, rest
    assert b"Traceback" not in rest and (name == "closed terminal" or rest.count(b"stopping; the conditions finished so far are kept") == 1)
    assert not [child for child in psutil.wait_procs(children, timeout=10)[1] if child.status() != psutil.STATUS_ZOMBIE]
    assert list((tmp_path / "scratch").iterdir()) == []
    client = MlflowClient(f"sqlite:///{tmp_path}/out/mlflow.db")
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert {run.info.status for run in runs} == {"KILLED"}
