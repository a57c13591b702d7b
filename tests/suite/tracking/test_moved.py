"""Folders of any name, moved, copied, or that cannot be written: what is read and written is always what lies beside the database."""

import json
import os
import shutil
import sys
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy
from mlflow import MlflowClient

from tests.support.benchmarks import results, smoke
from tests.support.commands import unvanish
from tests.support.serving import serving
from tests.support.states import finished
from unvanish.suite.experiment.plan import select
from unvanish.suite.tracking import Tracker, default_uri, moved, read, read_trained
from unvanish.suite.tracking.addresses import database_file, database_uri
from unvanish.tasks.errors import UsageError

NAMES = ["a?b", "a%20b", "a#b&c", "'\"", "new\nline", "ü 漢 \u2028", "a@b:c;d=[~$]", "x" * 255, "?%23#%3F"]
CONTEXT = {"unvanish": "0", "command": "unvanish run smoke"}


@pytest.fixture(scope="module")
def plan():
    return select(smoke(), "task=first_symbol,model=feedforward,mitigation=none|rmsprop")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, plan):
    """A stored benchmark of two conditions; its folder is copied by tests, and gone itself."""
    folder = tmp_path_factory.mktemp("pristine")
    store(plan, folder / "results")
    (folder / "results").rename(folder / "kept")
    return folder / "kept"


@pytest.fixture
def copied(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "results")


def store(plan, folder, **figures):
    folder.mkdir(exist_ok=True)
    with Tracker(default_uri(folder), folder).benchmark(plan, CONTEXT, fresh=False) as writer:
        for cohort in plan.cohorts:
            writer.record(results(cohort, **figures), {condition.fingerprint: b"a file of Keras" for condition in cohort.conditions})


def addresses(folder):
    """Every address of an artifact that MLflow has, by its own client."""
    client = MlflowClient(default_uri(folder))
    experiments = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in experiments], max_results=1000)
    models = client.search_logged_models([experiment.experiment_id for experiment in experiments])
    assert len(runs) == 7 and len(models) == 2  # a benchmark, two conditions, two trials each
    return [e.artifact_location for e in experiments] + [run.info.artifact_uri for run in runs] + [model.artifact_location for model in models]


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.startswith("mlflow.db")}


def weights_of(folder):
    trial = read(default_uri(folder)).evaluated.iloc[0]
    return read_trained(default_uri(folder), trial.run_id)[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(pristine, tmp_path, name):
    """It is moved there from elsewhere, read, and written to by a condition more; nothing comes into being beside it."""
    folder = tmp_path / name
    shutil.copytree(pristine, folder)
    assert len(read(default_uri(folder)).trials) == 8 and weights_of(folder)
    before = len(files(folder))
    store(select(smoke(), "task=first_symbol,model=feedforward,mitigation=relu"), folder)
    assert len(read(default_uri(folder)).trials) == 4 and len(files(folder)) > before
    assert [path.name for path in tmp_path.iterdir()] == [name] and database_file(default_uri(folder)) == folder / "mlflow.db"


def test_a_new_folder_of_any_name_is_created_with_its_database_in_it(plan, tmp_path):
    folder = tmp_path / "".join(NAMES[:7])[:50]
    store(plan, folder)
    assert len(read(default_uri(folder)).trials) == 8 and weights_of(folder)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_folders_whose_names_are_quoted_forms_of_each_other_are_never_mixed(pristine, tmp_path):
    shutil.copytree(pristine, tmp_path / "a b")
    for name in ("a%20b", "a%2520b", "a+b", "a?b", "a"):
        assert unvanish("report", "--output", tmp_path / name).returncode == 2
        with pytest.raises(UsageError, match="there are no results at"):
            read(default_uri(tmp_path / name))
        assert [path.name for path in tmp_path.iterdir()] == ["a b"]


@pytest.mark.parametrize("path", ["/tmp/a b", "/tmp/ü漢", *(f"/tmp/{name}" for name in NAMES)])
def test_the_address_of_a_database_leads_back_to_its_file(path):
    assert sqlalchemy.make_url(database_uri(Path(path) / "mlflow.db")).database == f"{path}/mlflow.db"


def test_a_path_that_is_too_long_for_a_database_is_one_sentence(pristine, tmp_path):
    longest = tmp_path / ("d" * 200) / ("e" * (480 - len(f"{tmp_path}/{'d' * 200}//mlflow.db")))
    shutil.copytree(pristine, longest)
    assert len(read(default_uri(longest)).trials) == 8
    with pytest.raises(UsageError, match=r"the path of the database mlflow.db is 481 bytes long, more than the 480 that SQLite takes; give a shorter folder"):
        default_uri(longest.with_name(longest.name + "e"))


def test_a_name_that_is_not_unicode_and_a_database_that_is_no_file_are_one_sentence():
    with pytest.raises(UsageError, match="is not Unicode; give another one"):
        database_uri(Path(os.fsdecode(b"/tmp/\xff/mlflow.db")))
    for uri in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:/tmp/a.db?uri=true"):
        with pytest.raises(UsageError, match="is not that of a file; give sqlite:/// and the path of a database"):
            database_file(uri)


@pytest.mark.parametrize("command", [("run", "smoke"), ("advise", "--model", "rnn", "--lag", "4"), ("report",), ("ui",)])
def test_a_name_that_the_file_system_refuses_is_one_sentence(tmp_path, command):
    done = unvanish(*command, "--output", tmp_path / ("x" * 300))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_moved_folder_has_all_its_addresses_beside_its_database(copied, plan):
    read(default_uri(copied))
    assert {address.startswith(f"file://{copied}/artifacts") for address in addresses(copied)} == {True}


def test_a_copy_neither_reads_nor_writes_the_original(copied, plan, tmp_path):
    original = shutil.copytree(copied, tmp_path / "original")
    read(default_uri(original))
    copy = shutil.copytree(original, tmp_path / "copy")
    before, known = files(original), addresses(original)
    store(plan, copy, metric=1.0)
    assert files(original) == before and addresses(original) == known
    assert set(read(default_uri(copy)).trials.diagnosis) != set(read(default_uri(original)).trials.diagnosis)


def test_a_copy_without_artifacts_does_not_read_those_of_the_original(copied, plan, tmp_path):
    read(default_uri(copied))
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(copied / "mlflow.db", bare)
    with pytest.raises(UsageError, match=r"plan.json is missing, in the run smoke at file:.*/bare/artifacts/.*; run the same profile again"):
        read(default_uri(bare))
    tracker = Tracker(default_uri(bare), bare)
    said = tracker.set_aside_damaged(plan)
    assert said.startswith("2 conditions have damaged files: first_symbol lag 4 feedforward none (") and finished(tracker) == set()


def test_addresses_that_are_not_beside_the_database_stay_as_they_are(copied, tmp_path):
    client = MlflowClient(default_uri(copied))
    elsewhere = f"file://{tmp_path}/elsewhere/artifacts"
    own = client.create_experiment("of the user", artifact_location=elsewhere)
    run = client.create_run(own)
    read(default_uri(copied))
    shutil.move(copied, tmp_path / "moved")
    read(default_uri(tmp_path / "moved"))
    client = MlflowClient(default_uri(tmp_path / "moved"))
    assert client.get_experiment(own).artifact_location == elsewhere and client.get_run(run.info.run_id).info.artifact_uri.startswith(elsewhere)


def test_results_that_cannot_be_written_are_read_and_stay_as_they_are(copied, monkeypatch):
    """As on a disk that is mounted read-only: a copy of the database is opened in a folder for temporary files."""
    before = {path.name: path.stat().st_mtime_ns for path in copied.iterdir()}
    monkeypatch.setattr(moved, "can_be_written", lambda _: False)
    assert len(read(default_uri(copied)).trials) == 8 and weights_of(copied)
    assert {path.name: path.stat().st_mtime_ns for path in copied.iterdir()} == before


@pytest.mark.slow
def test_mlflows_own_pages_find_the_artifacts_of_a_moved_folder_of_any_name(pristine, tmp_path):
    folder = tmp_path / "a?b%20c#d&'\"\nü"
    shutil.copytree(pristine, folder)
    command = [sys.executable, "-c", "from unvanish.suite.cli import main; main()", "ui", "--output", str(folder)]
    with serving(command) as (_, server):
        client = MlflowClient(server)
        (run,) = client.search_runs([client.get_experiment_by_name("unvanish/benchmarks").experiment_id])
        with urllib.request.urlopen(f"{server}/get-artifact?path=plan.json&run_uuid={run.info.run_id}") as answer:
            assert json.load(answer)["profile"]["name"] == "smoke"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
