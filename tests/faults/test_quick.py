"""Faults that need no training: the commands run within this process, on results that are made up and pages without figures."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from tests.faults import kinds  # noqa: F401  # which registers the faults
from tests.faults.fault import FAULTS
from tests.faults.scene import Scene, Truth
from tests.faults.torture import Row, judge, keep_truth
from tests.support import benchmarks, commands
from unvanish.reports.figures import Figure

QUICK = (
    "half a trials.parquet",
    "plan.json damaged",
    "weights.npz damaged",
    "pickle in place of weights.npz",
    "folder moved",
    "copied without artifacts",
    "name with % beside its meaning",
    "name of 300 characters",
    "</script> in a task's label",
    "</script> in a profile's name",
)


class Called:
    """A command that was run within this process, as `tests.faults.processes.Started`."""

    def __init__(self, words: Sequence[str]) -> None:
        done = commands.unvanish(*words)
        self.command, self.status = ["unvanish", *words], done.returncode
        self.printed, self.told = done.stdout.splitlines(keepends=True), done.stderr.splitlines(keepends=True)
        self.stderr, self.output, self.ended = done.stderr, done.stdout + done.stderr, True

    def wait(self, seconds: float = 0.0) -> int:
        return self.status


class QuickScene(Scene):
    """A scene whose commands run within this process."""

    def start(self, *words: object, **options: object) -> Called:
        return Called([str(word) for word in words])


@contextmanager
def no_workers(count: int) -> Iterator[SimpleNamespace]:
    """Workers that nothing is sent to."""
    yield SimpleNamespace(scheduler_info=lambda **_: {"workers": {}})


def make_up(pending, unreferenced, untimed, client, writer, callback, *options) -> None:
    """Record results for every cohort of a plan without training it."""
    with callback.training(pending, 1) if pending.cohorts else nullcontext():
        for cohort in pending.cohorts:
            results = benchmarks.results(cohort)
            writer.record(results)
            callback.on_cohort_end(cohort, results, None)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_trained_or_drawn():
    with (
        patch("unvanish.suite.run.train", make_up),
        patch("unvanish.suite.execution.clusters.local_workers", no_workers),
        patch.object(Figure, "drawings", lambda figure, table: iter(())),
    ):
        yield


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> Truth:
    """What a run of made-up results records."""
    work = tmp_path_factory.mktemp("faults") / "work"
    scene = QuickScene(work, work.parent / "cache", None, random.Random(0))
    scene.run(*scene.command())
    assert not scene.problems
    return keep_truth(scene, 0.0)


@pytest.mark.parametrize("name", QUICK)
def test_nothing_is_lost_or_double_or_left(truth, tmp_path, name):
    """In a folder of its own, since MLflow keeps a database open in this process, also one that was deleted."""
    scene, row = QuickScene(tmp_path / "work", tmp_path / "cache", truth, random.Random(name)), Row(name, problems=[])
    FAULTS[name].inflict(scene)
    judge(row, scene)
    assert row.clean, f"{row}"
