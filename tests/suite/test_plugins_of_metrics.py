"""A task with two real targets, another of classes, and metrics of one's own as plug-ins, from the command line to the page."""

import json
from math import sqrt

import numpy as np
import pandas as pd
import pytest

from tests.support.commands import unvanish
from tests.support.plugins import FOLDER

PROFILE = """
description = "two targets, and metrics of plug-ins"
models = ["rnn"]
mitigations = ["none"]
hidden_size = 4
batch_size = 8
steps = 40
evaluate_every = 20
validation_sequences = 16
test_sequences = 32
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [2]
plugins = ["two_targets.py", "recall.py", "balanced_accuracy.py", "root_mean_squared_error.py"]
learning_rates = { count = 1, ratio = 3.0, sgd = 0.1, rmsprop = 0.01, adam = 0.01 }
task = [{ name = "last_and_mean", lags = [2] }, { name = "recall_pair", lags = [1] }]
"""
SQUARED = """
class Squared(LastAndMean):
    metric = "root_mean_squared_error"
    solved_at_metric = 1e-4

    @property
    def baseline_metric(self):
        return self.baseline_loss**0.5


TASK = Squared
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A profile and its plug-ins: the tasks of the tests, scored by the metrics of the tests."""
    folder = tmp_path_factory.mktemp("plug_ins")
    for name in ("balanced_accuracy.py", "root_mean_squared_error.py"):
        (folder / name).write_text((FOLDER / name).read_text())
    (folder / "two_targets.py").write_text((FOLDER / "last_and_mean.py").read_text() + SQUARED)
    recall = (FOLDER / "recall_pair.py").read_text()
    (folder / "recall.py").write_text(recall.replace("    default_lag:", '    metric: ClassVar[str] = "balanced_accuracy"\n    default_lag:'))
    (folder / "mine.toml").write_text(PROFILE)
    return folder


def test_a_plan_says_what_the_metric_is_and_which_is_better(folder):
    tasks = {task["task"]: task for task in json.loads(unvanish("plan", folder / "mine.toml", "--json").stdout)["tasks"]}
    assert (tasks["last_and_mean"]["metric"], tasks["last_and_mean"]["better"]) == ("root_mean_squared_error", "lower")
    assert (tasks["recall_pair"]["metric"], tasks["recall_pair"]["better"]) == ("balanced_accuracy", "higher")


def test_metrics_of_plug_ins_are_listed_beside_those_that_ship(folder):
    listed = json.loads(unvanish("list", "metrics", "--json", "--plugin", folder / "root_mean_squared_error.py").stdout)
    assert [metric["name"] for metric in listed] == ["accuracy", "within_tolerance", "bits_per_symbol", "root_mean_squared_error"] and listed[-1][
        "better"
    ] == "lower"


@pytest.mark.slow
def test_they_are_trained_by_workers_tracked_and_shown(folder):
    ran = unvanish("run", folder / "mine.toml", "--output", folder / "out")
    assert ran.returncode == 0, ran.stderr
    trials = pd.read_parquet(folder / "out" / "trials.parquet").query("phase == 'evaluate'").set_index("task")
    assert set(trials.status) == {"finished"} and not (trials.outcome == "solved").any()
    error = trials.loc["last_and_mean"]
    assert error.metric == "root_mean_squared_error" and error.metric_value == pytest.approx(sqrt(error.loss), rel=1e-4)
    assert trials.loc["recall_pair"].metric == "balanced_accuracy" and np.isfinite(trials.loc["recall_pair"].metric_value)
    references = pd.read_csv(folder / "out" / "references.csv").query("task == 'last_and_mean'")
    np.testing.assert_allclose(references.metric_value, np.sqrt(references.loss), rtol=1e-6)
    page = (folder / "out" / "report.html").read_text()
    assert "Solved at root mean squared error ≤ 0.0001" in page and "Solved at balanced accuracy ≥ 0.99" in page
