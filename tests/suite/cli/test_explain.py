"""`unvanish explain` as a person meets it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.support.commands import unvanish
from tests.support.twin import twin
from unvanish.suite.explain.network import Weights


@pytest.mark.parametrize(
    "arguments", [[], pytest.param(["--lag", 10, "--hidden", 4, "--long-lag", 60, "--seed", 3], marks=pytest.mark.slow)], ids=["as it is", "largest"]
)
def test_what_is_printed_fits_80_columns_and_the_page_is_written(tmp_path, arguments):
    done = unvanish("explain", "--output", tmp_path / "out", *arguments)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert max(map(len, lines[:-2])) <= 80 and "…" not in done.stdout
    assert lines[-2].endswith("explain.html")
    page = (tmp_path / "out" / "explain.html").read_text()
    for heading in ("Forward", "Back", "vanishing", "exploding"):
        assert heading in done.stdout and heading in page


def test_the_data_is_what_keras_computes_and_no_page_is_written(tmp_path):
    done = unvanish("explain", "--json", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
    data = json.loads(done.stdout)
    weights = Weights(*(np.array(data["network"][name]) for name in Weights._fields))
    x = np.array([day["x"] for day in data["forward"]])[:, None]
    actual = np.eye(3)[[data["exercises"].index(day["due"]) for day in data["forward"]]][:, None]
    keras = twin(weights, x, actual, np.eye(len(x))[-1])
    np.testing.assert_allclose([day["h"] for day in data["forward"]], keras.h[:, 0], rtol=1e-10)
    np.testing.assert_allclose([day["y"] for day in data["forward"]], keras.y[:, 0], rtol=1e-9)
    np.testing.assert_allclose([step["dE/dh"] for step in data["backward"]["steps"]], keras.state_gradient[:, 0], rtol=1e-8)
    for name, gradient in keras.gradients._asdict().items():
        np.testing.assert_allclose(data["backward"]["gradients"][name], gradient, rtol=1e-8, atol=1e-15)
    for study in data["cases"]:
        for row in study["rows"]:
            assert row["new_weight"] == pytest.approx(study["weight"]["value"] + row["weight_change"])
            if row["cure"] in ("none", "relu", "lstm", "truncated_bptt"):
                assert row["weight_change"] == pytest.approx(-data["learning_rate"] * row["gradient"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lag", "0"], "--lag is 0; it must be a whole number between 1 and 10"),
        (["--hidden", "9"], "--hidden is 9; it must be a whole number between 2 and 4"),
        (["--long-lag", "x"], "valid integer"),
        (["--seed", "-1"], "--seed is -1"),
        (["--output", "file"], "is a file"),
        pytest.param(["--lag", "10", "--hidden", "2", "--seed", "2"], "has not learned to bridge 10 missed days", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_ends_in_one_sentence_with_status_2_and_leaves_nothing_behind(tmp_path, arguments, sentence):
    (tmp_path / "file").write_text("mine")
    done = unvanish("explain", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("unvanish: ") and sentence in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "mine"


def test_it_needs_neither_mlflow_nor_dask_and_says_nothing_of_what_tensorflow_logs(tmp_path):
    code = (
        "import sys; from unvanish.suite.cli import main; sys.argv = ['unvanish', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not {'mlflow', 'distributed'} & set(sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", code, "explain", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0 and done.stderr == ""
