"""The command line as a person meets it: quick answers, one sentence for a mistake, nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

UNVANISH = str(Path(sys.executable).parent / "unvanish")


def unvanish(*arguments, **options):
    return subprocess.run([UNVANISH, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "mitigations"], ["plan"], ["show"], ["show", "adding"], ["plan", "quick", "--json"], ["run", "--help"]]
)
def test_quick_answers_import_neither_tensorflow_nor_mlflow(arguments):
    code = (
        "import sys; from suite.cli import main; sys.argv = ['unvanish', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'tensorflow', 'keras', 'mlflow', 'pandas', 'matplotlib', 'distributed'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_lists_are_complete_and_can_be_read_by_programs():
    listing = json.loads(unvanish("list", "--json").stdout)
    assert [task["name"] for task in listing["tasks"]] == ["copy_memory", "first_symbol", "adding", "temporal_order", "exercise_schedule"]
    assert [model["name"] for model in listing["models"]] == ["feedforward", "rnn", "lstm", "gru"]
    assert [profile["name"] for profile in json.loads(unvanish("list", "profiles", "--json").stdout)] == ["smoke", "quick", "standard", "paper"]


def test_show_prints_a_sequence_that_a_seed_repeats():
    first, again, other = (unvanish("show", "temporal_order", "--lag", 20, "--seed", seed).stdout for seed in (1, 1, 2))
    assert first == again != other
    assert first.count("\n") > 20 and "Scored" in first


MISTAKES = {
    "unknown command": (["shwo"], "No such command"),
    "unknown task": (["show", "addin"], "did you mean 'adding'"),
    "lag of -1": (["show", "adding", "--lag", "-1"], "at least 2"),
    "lag that is no number": (["show", "adding", "--lag", "x"], "valid integer"),
    "unknown kind": (["list", "models2"], "did you mean 'models'"),
    "unknown profile": (["run", "smok", "--output", "OUT"], "did you mean 'smoke'"),
    "no profile": (["run", "--output", "OUT"], "Missing argument"),
    "no output": (["run", "smoke"], "Missing option '--output'"),
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
def test_a_mistake_ends_in_one_sentence_and_leaves_nothing_behind(tmp_path, arguments, sentence):
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "file").write_text("mine")
    smoke = (Path(__file__).parents[2] / "suite" / "profiles" / "smoke.toml").read_text()
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
    done = unvanish(*arguments, cwd=inputs)
    assert done.returncode == 2
    lines = done.stderr.strip().split("\n")
    assert sentence in lines[-1] and lines[-1].startswith("unvanish: ")
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "in", "misspelt.toml", "unknown.toml"]
    assert (inputs / "file").read_text() == "mine"


def test_a_reader_that_stops_early_is_no_error():
    read, write = os.pipe()
    os.close(read)
    assert subprocess.run([UNVANISH, "list"], stdout=write, stderr=subprocess.PIPE, check=False).stderr == b""
    os.close(write)
