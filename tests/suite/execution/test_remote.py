"""Calls on workers: what a scheduler unpickles holds nothing of this project or of a plug-in, and a worker makes the call with the plug-ins it came with."""

import pickle
import subprocess
import sys
from dataclasses import replace
from operator import attrgetter, methodcaller

import pytest

from tests.support.benchmarks import smoke
from unvanish.suite import plugins
from unvanish.suite.execution import remote
from unvanish.suite.execution.worker import CodeMismatch
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import with_plugin_entries
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.tasks.registry import Registry

HALF = """
from unvanish.plugins import Mitigation


class Odd(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Half(Mitigation):
    name = "half"
    summary = "half of the gradient"
    against = "exploding"
    reference = "made up"

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        return gradient / 2, gradient[:, 0] != 0, slots

    def fail(self):
        raise Odd("one", "two")


MITIGATION = Half
"""
ALONE = "import sys; sys.modules['unvanish'] = None\nimport pickle; print(type(pickle.load(sys.stdin.buffer)).__name__)"  # unvanish cannot be imported


class Client:
    """Submits nothing: its futures hold what Dask is given, and what a worker would make of it."""

    def submit(self, function, *arguments, **options):
        self.sent = pickle.dumps((function, arguments, options))
        return self

    def result(self, timeout):
        function, arguments, _ = pickle.loads(self.sent)
        return function(*arguments)


@pytest.fixture
def cohort(tmp_path, monkeypatch):
    """One with a mitigation of a plug-in, which this process has loaded."""
    monkeypatch.setattr(Registry, "plugins", [])
    (tmp_path / "my häl f#1.py").write_text(HALF, encoding="utf-8")
    plugins.add(tmp_path / "my häl f#1.py")
    plan = make_plan(with_plugin_entries(smoke().profile))
    return select(plan, "task=adding,model=rnn,mitigation=half").cohorts[0]


def forget():
    """Leave the process as one that has never seen a plug-in."""
    for module in Registry.plugins:
        del sys.modules[module.__name__], plugins.LOADED[module.__name__]
    Registry.plugins.clear()


def unpickled_alone(content):
    return subprocess.run([sys.executable, "-c", ALONE], input=content, capture_output=True, timeout=60, check=False)


def test_a_scheduler_unpickles_what_is_submitted_without_this_project(cohort):
    client = Client()
    remote.submit(client, "key", attrgetter("label"), cohort, priority=3)
    done = unpickled_alone(client.sent)
    assert done.stdout == b"tuple\n", done.stderr
    assert b"ModuleNotFoundError" in unpickled_alone(pickle.dumps(cohort)).stderr


def test_a_worker_that_has_never_seen_a_plug_in_loads_it_and_makes_the_call(cohort):
    expected, client = cohort.conditions[0].label, Client()
    future = remote.submit(client, "key", attrgetter("conditions"), cohort)
    forget()
    (condition,) = remote.result(future)
    assert condition.label == expected and "half" in MITIGATIONS.names


def test_what_a_call_raises_is_raised_here_and_an_error_that_cannot_be_pickled_is_told(cohort):
    (part,) = cohort.conditions[0].mitigations.parts
    with pytest.raises(RuntimeError, match=r"^Odd: one and two$"):
        remote.result(remote.submit(Client(), "key", methodcaller("fail"), part))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        remote.result(remote.submit(Client(), "key", attrgetter("nothing"), cohort))


def test_a_worker_of_another_environment_makes_no_call(cohort, monkeypatch):
    future = remote.submit(Client(), "key", print, cohort)
    monkeypatch.setattr(remote, "LOADED", replace(remote.LOADED, source="another"))
    with pytest.raises(CodeMismatch, match="other source files of unvanish"):
        remote.result(future)


def test_a_worker_without_this_project_has_other_code(cohort):
    class Failed:
        def result(self, timeout):
            raise ModuleNotFoundError("No module named 'unvanish'")

    with pytest.raises(CodeMismatch, match="missing"):
        remote.result(Failed())
