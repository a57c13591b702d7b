"""A condition is identified by versions: what changes a number changes its fingerprint, and where a file lies does not."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from unvanish.suite import plugins
from unvanish.suite.experiment import versions
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.versions import Environment, environment, source_digest, version_of_class
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS
from unvanish.suite.references import REFERENCES, fingerprint
from unvanish.suite.references import reference as reference_module
from unvanish.tasks import TASKS
from unvanish.tasks.registry import Registry

ROOT = Path(__file__).parents[3]
FINGERPRINTS = """
import json
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import load
print(json.dumps({condition.label: condition.fingerprint for condition in make_plan(load("smoke")).conditions}))
"""
CURE = """
from unvanish.suite.mitigations import Mitigation

class Mine(Mitigation):
    name = "mine"
    summary = "nothing"
    against = "both"
    reference = "none"

MITIGATION = Mine
"""
PROBE = """
from unvanish.suite.probes import Probe, Series

PROBE = Probe(name="mine", position=9, series={"mine": Series("nothing")}, measure_weights=lambda model, weights: {})
"""
METRIC = """
from unvanish.tasks import Metric

METRIC = Metric("mine", "always half", "classification", lambda outputs, targets, task: 0.5)
"""
REFERENCE = """
from unvanish.suite.references import Reference
from unvanish.tasks import baselines

REFERENCE = Reference("mine", "a constant", 9, baselines.no_features, baselines.constant)
"""


@pytest.fixture(autouse=True)
def no_plugins_left(monkeypatch):
    monkeypatch.setattr(Registry, "plugins", [])


@pytest.fixture
def package(tmp_path):
    """A copy of the package, with folders in place of the repository's links."""
    shutil.copytree(ROOT / "unvanish", tmp_path / "unvanish", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "unvanish"


def fingerprints():
    return {condition.label: condition.fingerprint for condition in make_plan(load("smoke")).conditions}


def changed(before):
    """The conditions of smoke, task by task and so on, whose fingerprints differ from those before."""
    return {label for label, fingerprint in fingerprints().items() if before[label] != fingerprint}


def add(tmp_path, source):
    """Use a plug-in of this source, and no other."""
    Registry.plugins.clear()
    (tmp_path / "mine.py").write_text(source)
    plugins.add(tmp_path / "mine.py")


def move(package, old, new, renamed_module):
    """Move a module, and rename it wherever it is imported."""
    (package / new).parent.mkdir(exist_ok=True)
    (package / old).rename(package / new)
    was, becomes = (".".join(Path(name).with_suffix("").parts) for name in (old, new))
    for path in package.rglob("*.py"):
        path.write_text(path.read_text().replace(f"unvanish.{was}", f"unvanish.{becomes}"))
    assert renamed_module in becomes


def test_files_that_are_moved_renamed_or_rewritten_train_nothing_again(package):
    move(package, "suite/mitigations/gradient_clipping.py", "suite/mitigations/clipping_by_norm.py", "clipping_by_norm")
    move(package, "suite/models/lstm.py", "suite/models/long_short_term_memory.py", "long_short_term_memory")
    move(package, "tasks/adding.py", "tasks/two_numbers.py", "two_numbers")
    move(package, "suite/mitigations/mitigation.py", "suite/mitigations/base.py", "base")
    for name in ("suite/training/packing.py", "suite/execution/protocol.py", "tasks/task.py"):
        (package / name).write_text((package / name).read_text() + "\n\nANOTHER = 1\n")
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    run = subprocess.run([sys.executable, "-c", FINGERPRINTS], capture_output=True, text=True, check=True, cwd=package.parent, env=environment)
    assert json.loads(run.stdout) == fingerprints()


def test_another_optimisation_level_of_the_compiler_trains_everything_again(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    before = fingerprints()
    monkeypatch.setenv("XLA_FLAGS", versions.DEFAULT_XLA_FLAGS)  # as prepare_tensorflow sets it
    assert changed(before) == set()
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=3")
    assert changed(before) == set(before)


@pytest.mark.parametrize("library", versions.LIBRARIES)
def test_another_version_of_a_library_trains_everything_again(library, monkeypatch):
    before = fingerprints()
    monkeypatch.setattr(versions, "installed_version", lambda name: "9.9" if name == library else versions.version(name))
    assert changed(before) == set(before)


def test_a_version_that_is_raised_trains_again_what_depends_on_it_and_nothing_else(monkeypatch):
    before = fingerprints()
    for kind, word in ((MITIGATIONS["gradient_clipping"], "gradient_clipping"), (type(MODELS["lstm"]), "lstm"), (TASKS["adding"], "adding")):
        with monkeypatch.context() as patch:
            patch.setattr(kind, "version", 2)
            assert changed(before) == {label for label in before if word in label.split()}
    monkeypatch.setattr(versions, "ENGINE_VERSION", versions.ENGINE_VERSION + 1)
    assert changed(before) == set(before)


def mitigated(mitigation):
    """The fingerprint of a condition with this mitigation."""
    condition = make_plan(load("smoke")).conditions[0]
    return replace(condition, mitigations=find(mitigation)).fingerprint


def test_a_plug_in_without_a_version_is_identified_by_its_file(tmp_path):
    add(tmp_path, CURE)
    before, plain = mitigated("mine"), mitigated("none")
    add(tmp_path, CURE + "\nANOTHER = 1\n")
    assert mitigated("mine") != before
    assert mitigated("none") == plain


def test_a_plug_in_with_a_version_is_identified_by_that_alone(tmp_path):
    versioned = CURE.replace('name = "mine"', 'name = "mine"\n    version = 1')
    add(tmp_path, versioned)
    before = mitigated("mine")
    add(tmp_path, versioned + "\nANOTHER = 1\n")
    assert mitigated("mine") == before
    add(tmp_path, versioned.replace("version = 1", "version = 2"))
    assert mitigated("mine") != before


def test_what_a_plug_in_derives_from_this_project_has_its_version_too(tmp_path, monkeypatch):
    add(tmp_path, CURE.replace("import Mitigation", "import MITIGATIONS").replace("(Mitigation)", '(MITIGATIONS["gradient_clipping"])'))
    digest, shipped = version_of_class(MITIGATIONS["mine"])
    assert digest == plugins.active()[0].digest and shipped == 1
    monkeypatch.setattr(MITIGATIONS["gradient_clipping"], "version", 2)
    assert version_of_class(MITIGATIONS["mine"]) == [digest, 2]


def test_a_probe_that_is_plugged_in_is_measured_of_every_condition(tmp_path):
    before = fingerprints()
    add(tmp_path, PROBE)
    assert changed(before) == set(before)


def test_a_metric_that_is_plugged_in_is_part_of_the_tasks_that_name_it(tmp_path, monkeypatch):
    add(tmp_path, METRIC)
    cohorts = {cohort.task.name: cohort for cohort in make_plan(load("smoke")).cohorts}
    before, scikit_learns = fingerprints(), fingerprint(cohorts["first_symbol"].task, cohorts["first_symbol"].budget)
    monkeypatch.setattr(TASKS["first_symbol"], "metric", "mine")
    named = fingerprints()
    assert changed(before) == {label for label in before if label.startswith("first_symbol")}
    add(tmp_path, METRIC + "\nANOTHER = 1\n")
    assert changed(named) == changed(before)
    assert fingerprint(cohorts["first_symbol"].task, cohorts["first_symbol"].budget) != scikit_learns


def test_the_reference_predictors_of_a_task_are_identified_by_their_versions(tmp_path, monkeypatch):
    cohort = make_plan(load("smoke")).cohorts[0]
    before = fingerprint(cohort.task, cohort.budget)
    add(tmp_path, REFERENCE)
    plugged_in = fingerprint(cohort.task, cohort.budget)
    add(tmp_path, REFERENCE + "\nANOTHER = 1\n")
    assert len({before, plugged_in, fingerprint(cohort.task, cohort.budget)}) == 3
    Registry.plugins.clear()
    with monkeypatch.context() as patch:
        patch.setitem(REFERENCES.own, "majority", replace(REFERENCES["majority"], version=2))
        assert fingerprint(cohort.task, cohort.budget) != before
    with monkeypatch.context() as patch:
        patch.setattr(reference_module, "library_versions", lambda *names: dict.fromkeys(names, "9.9"))
        assert fingerprint(cohort.task, cohort.budget) != before
    assert fingerprint(cohort.task, cohort.budget) == before


@pytest.mark.parametrize("name", ["suite/mitigations/gradient_clipping.py", "suite/cli/plan.py", "tasks/seeding.py", "reports/write.py"])
def test_a_worker_with_another_file_is_noticed(package, name):
    """Whatever the file: one that decides nothing costs a message, one that is forgotten in a list costs wrong numbers."""
    assert source_digest(package) == source_digest(versions.PACKAGE)  # links or folders, here or there
    (package / name).write_text((package / name).read_text() + "# a comment\n")
    assert environment().differences(environment(package)) == ["other source files of unvanish"]


def test_a_file_that_is_added_or_moved_is_noticed_too(package):
    before = source_digest(package)
    (package / "suite" / "mine.py").write_text("X = 1\n")
    added = source_digest(package)
    (package / "suite" / "mine.py").rename(package / "tasks" / "mine.py")
    assert len({before, added, source_digest(package)}) == 3


def test_what_differs_between_two_environments_is_named(monkeypatch):
    here = environment()
    assert here.differences(here) == []
    other = Environment(here.source, {**here.versions, "numpy": "1.0", "cures_of_mine": "12ab"})
    assert here.differences(other) == ["cures_of_mine 12ab instead of missing", f"numpy 1.0 instead of {here.versions['numpy']}"]
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=3")
    assert environment().differences(here) == ["XLA_FLAGS --xla_backend_optimization_level=2 instead of --xla_backend_optimization_level=3"]
