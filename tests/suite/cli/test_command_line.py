"""The command line as a person meets it: quick answers, one sentence for a mistake, nothing left behind."""

import contextlib
import fcntl
import json
import os
import platform
import pty
import re
import struct
import subprocess
import sys
import termios
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.commands import unvanish
from unvanish.suite.execution.forecast import Speed, expected_seconds, remember_benchmark, speed
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import load

UNVANISH = str(Path(sys.executable).parent / "unvanish")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "mitigations"], ["plan"], ["show"], ["show", "adding"], ["plan", "quick", "--json"], ["run", "--help"]]
)
def test_quick_answers_import_neither_tensorflow_nor_mlflow(arguments):
    code = (
        "import sys; from unvanish.suite.cli import main; sys.argv = ['unvanish', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'tensorflow', 'keras', 'mlflow', 'pandas', 'matplotlib', 'distributed'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_lists_are_complete_and_can_be_read_by_programs():
    listing = json.loads(unvanish("list", "--json").stdout)
    synthetic = ["copy_memory", "first_symbol", "adding", "temporal_order", "associative_recall", "exercise_schedule", "selective_copying"]
    recorded = ["digits", "shoulder_exercises", "table", "text", "splice_junctions", "japanese_vowels", "pen_strokes", "sunspots", "oil_price"]
    tasks = {task["name"]: task for task in listing["tasks"]}
    assert list(tasks) == synthetic + recorded
    assert {"sequence", "inputs", "previous", "target", "steps", "solved_at"} <= set(tasks["table"]["parameters"])
    assert tasks["splice_junctions"]["published"][0]["value"] == 0.959 and "accuracy 0.959 by" in unvanish("list", "tasks").stdout
    assert [metric["name"] for metric in listing["metrics"]] == ["accuracy", "within_tolerance", "bits_per_symbol"]
    assert [model["name"] for model in listing["models"]][:4] == ["feedforward", "rnn", "lstm", "gru"]
    profiles = json.loads(unvanish("list", "profiles", "--json").stdout)
    assert [profile["name"] for profile in profiles] == ["smoke", "quick", "real", "reference", "standard", "paper"]


def test_show_prints_a_sequence_that_a_seed_repeats():
    first, again, other = (unvanish("show", "temporal_order", "--lag", 20, "--seed", seed).stdout for seed in (1, 1, 2))
    assert first == again != other
    assert first.count("\n") > 20 and "Scored" in first


MISTAKES = {
    "unknown command": (["shwo"], "No such command"),
    "unknown task": (["show", "addin"], "did you mean 'adding'"),
    "run that is not there": (["predict", "RUN", "log.csv", "--output", "OUT"], "no results"),
    "model that is not there": (["predict", "none.keras", "log.csv"], "none.keras is no model that unvanish exported"),
    "networks that are not there": (["predict", "log.csv", "--output", "OUT"], "networks.npz; it is written at the end of a run on recorded data"),
    "lag of -1": (["show", "adding", "--lag", "-1"], "at least 2"),
    "lag that is no number": (["show", "adding", "--lag", "x"], "valid integer"),
    "unknown kind": (["list", "models2"], "did you mean 'models'"),
    "unknown profile": (["run", "smok", "--output", "OUT"], "did you mean 'smoke'"),
    "no profile": (["run", "--output", "OUT"], "Missing argument"),
    "misspelt key": (["run", "MISSPELT", "--output", "OUT"], "did you mean 'hidden_size'"),
    "unknown mitigation": (["run", "UNKNOWN", "--output", "OUT"], "no mitigation 'clipping'"),
    "selection of nothing": (["run", "smoke", "--select", "model=lst", "--output", "OUT"], "did you mean 'lstm'"),
    "output is a file": (["run", "smoke", "--output", "FILE"], "is a file"),
    "output inside a file": (["run", "smoke", "--output", "FILE/x"], "inside a file"),
    "read-only output": (["run", "smoke", "--output", "READONLY/x"], "cannot be written"),
    "tracking address nobody answers": (["run", "smoke", "--output", "OUT", "--tracking-uri", "http://127.0.0.1:9"], "nobody answers"),
    "tracking address that is none": (["run", "smoke", "--output", "OUT", "--tracking-uri", "C:/x"], "not one MLflow can use"),
    "scheduler nobody answers": (["run", "smoke", "--output", "OUT", "--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler answers"),
    "workers and scheduler": (["run", "smoke", "--output", "OUT", "--scheduler", "tcp://127.0.0.1:9", "--workers", "2"], "leave one of them out"),
    "no workers": (["run", "smoke", "--output", "OUT", "--workers", "0"], "greater than or equal to 1"),
    "report of nothing": (["report", "--output", "OUT"], "no results"),
    "ui of nothing": (["ui", "--output", "OUT"], "no results"),
    "export of nothing": (["export", "abc", "x.keras", "--output", "OUT"], "no results"),
}


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_in_one_sentence_and_leaves_nothing_behind(tmp_path, monkeypatch, arguments, sentence):
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "file").write_text("mine")
    smoke = (Path(__file__).parents[3] / "suite" / "profiles" / "smoke.toml").read_text()
    (inputs / "misspelt.toml").write_text(smoke.replace("hidden_size", "hiden_size"))
    (inputs / "unknown.toml").write_text(smoke.replace('"gradient_clipping"', '"clipping"'))
    # Root may write anywhere a file system allows it, so the read-only folder is one of the kernel's own.
    places = {
        "OUT": tmp_path / "out" / "deep",
        "FILE": inputs / "file",
        "READONLY": "/proc/self",
        "MISSPELT": inputs / "misspelt.toml",
        "UNKNOWN": inputs / "unknown.toml",
    }
    for word, path in places.items():
        arguments = [argument.replace(word, str(path)) if argument.startswith(word) else argument for argument in arguments]
    monkeypatch.setattr("unvanish.suite.execution.clusters.CONNECT_TIMEOUT", 1.0)
    done = unvanish(*arguments, cwd=inputs)
    assert done.returncode == 2
    lines = done.stderr.strip().split("\n")
    assert sentence in lines[-1] and lines[-1].startswith("unvanish: ")
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "in", "misspelt.toml", "unknown.toml"]
    assert (inputs / "file").read_text() == "mine"


def test_without_a_command_the_help_is_printed_and_that_is_no_mistake():
    done = unvanish()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == unvanish("--help").stdout == unvanish("-h").stdout
    assert "Usage: unvanish" in done.stdout and "run " in done.stdout


@pytest.mark.parametrize("command", ["list", "show", "plan", "run", "report", "reproduce", "ui", "export"])
def test_every_command_has_a_short_option_for_its_help(command):
    done = unvanish(command, "-h")
    assert done.returncode == 0 and f"unvanish {command}" in done.stdout and "-h, --help" in done.stdout


def test_the_version_is_that_of_the_distribution():
    done = unvanish("--version")
    assert (done.returncode, done.stdout) == (0, f"unvanish {version('unvanish')}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell):
    """By the protocol of each shell's own script: what it asks is in the environment."""
    asked = {"_UNVANISH_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "unvanish re", "COMP_WORDS": "unvanish re", "COMP_CWORD": "1"}
    asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    done = unvanish(env=asked)
    assert "report" in done.stdout and "reproduce" in done.stdout and "plan" not in done.stdout


def in_a_terminal(arguments, columns, **environment):
    """What a command prints on a terminal so wide."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen([UNVANISH, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env={**plain, "TERM": "xterm", **environment})
    os.close(terminal)
    printed = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error to who reads it
        while chunk := os.read(control, 65536):
            printed += chunk
    os.close(control)
    assert process.wait(timeout=60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed.decode()).replace("\r\n", "\n")


@pytest.fixture
def remembered(tmp_path):
    """A cache folder that knows the speed of this machine: 3 seconds a cohort, and nothing for its work."""
    path = tmp_path / "unvanish" / f"speed-{platform.node() or 'here'}.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"per_cost": 0.0, "per_cohort": 3.0, "source": "a made-up benchmark"}))
    return str(tmp_path)


def test_a_plan_fits_80_columns_with_every_name_whole_and_tells_the_expected_time(remembered):
    for printed in (
        in_a_terminal(["plan", "quick"], 80, XDG_CACHE_HOME=remembered),
        unvanish("plan", "quick", env={"XDG_CACHE_HOME": remembered}).stdout,
    ):
        assert max(map(len, printed.split("\n"))) <= 80
        names = [line.split()[0] for line in printed.split("\n") if line.strip()]
        assert set(load("quick").mitigations) <= set(names)
        assert "by a made-up benchmark" in printed.replace("\n", " ")


def test_the_expected_time_shares_the_work_among_workers_but_is_no_less_than_the_longest_cohort(remembered):
    planned = make_plan(load("smoke"))
    alone, shared = (expected_seconds(planned, Speed(0.0, 3.0, ""), workers)[0] for workers in (1, 2))
    assert alone - shared == pytest.approx(1.5 * len(planned.cohorts))
    nothing, by_work = (expected_seconds(planned, Speed(per_cost, 0.0, ""), 1000) for per_cost in (0.0, 1.0))
    assert by_work[0] - nothing[0] == max(cohort.trials * cohort.cost_of_trial for cohort in planned.cohorts)
    assert by_work[1] - nothing[1] == max(cohort.most_trials * cohort.cost_of_trial for cohort in planned.cohorts) > by_work[0] - nothing[0]


@pytest.mark.slow
def test_progress_is_told_in_lines_where_there_is_no_terminal(tmp_path):
    """Every 50 seconds; here ten times a second, so that a short run has some."""
    code = (
        "import sys, unvanish.suite.cli.display as display; display.EVERY = 0.1\n"
        f"from unvanish.suite.cli import main; sys.argv = ['unvanish', 'run', 'smoke', '--output', {str(tmp_path)!r}, "
        "'--select', 'task=first_symbol,model=rnn']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^ *\d+:\d\d  (\d+)% of the training done.*; 1 cohorts? to go$", done.stderr, re.MULTILINE)
    assert told and list(map(int, told)) == sorted(map(int, told))
    assert "Solved of tried at each task's hardest lag" in done.stdout and "first_symbol 4" in done.stdout
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.split("\n") if line.strip()}
    assert all("/" in cell for cell in rows["rnn"]) and set(rows["lstm"]) == {"."} and rows["feedforward"][1] == "-"
    assert not list(tmp_path.glob("unvanish/speed*"))  # so short a run tells no speed


def test_only_a_benchmark_that_trained_long_enough_tells_the_speed_of_the_machine(tmp_path, monkeypatch):
    """By hand: 90 s of training, 6 s of evaluation and 24 s of compiling over the plan's cohorts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    planned = make_plan(load("smoke"))
    remember_benchmark(planned, 5e9, {"training": 59.0, "compiling": 24.0})
    assert not any(tmp_path.iterdir())
    remember_benchmark(planned, 5e9, {"training": 90.0, "evaluation": 6.0, "compiling": 24.0, "tracking": 9.0})
    assert speed() == Speed(96.0 / 5e9, 24.0 / len(planned.cohorts), "the last benchmark here (smoke)")


def test_a_reader_that_stops_early_is_no_error():
    read, write = os.pipe()
    os.close(read)
    assert subprocess.run([UNVANISH, "list"], stdout=write, stderr=subprocess.PIPE, check=False).stderr == b""
    os.close(write)
