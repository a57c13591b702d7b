"""Damaged files: conditions are left out of reports with a sentence, set aside by the next run, and trained again."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from tests.support.benchmarks import failed, results, smoke
from tests.support.commands import unvanish
from tests.support.serving import mlflow_server
from tests.support.states import finished
from unvanish.suite.experiment.plan import select
from unvanish.suite.output import DamagedResultsWarning
from unvanish.suite.tracking import Tracker, default_uri, read, read_trained
from unvanish.tasks.errors import UsageError

CONTEXT = {"unvanish": "0", "command": "unvanish run smoke"}
LABEL = "first_symbol lag 4 feedforward none"
TABLES = ("trials.parquet", "curves.parquet", "probes.parquet", "gradients.parquet")


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def change_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def remove(path):
    path.unlink()


ADVISE = ("advise", "--model", "feedforward", "--lag", "4")
DAMAGE = (halve, empty, change_a_byte, remove)


@pytest.fixture(scope="module")
def plan():
    return select(smoke(), "task=first_symbol,model=feedforward,mitigation=none|rmsprop")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("pristine") / "results"
    folder.mkdir()
    write(plan, Tracker(default_uri(folder), folder))
    return folder


def write(plan, tracker):
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        for cohort in plan.cohorts:
            writer.record(results(cohort, metric=1.0), {condition.fingerprint: b"a file of Keras" for condition in cohort.conditions})
        writer.record_references([])
        writer.record_times({"time/wall": 1.0})


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "results")


@pytest.fixture
def tracker(folder):
    return Tracker(default_uri(folder), folder)


def condition_run(tracker):
    return next(run for run in tracker.client.search_runs([tracker.store.conditions]) if run.info.run_name == LABEL)


def artifact(folder, run, name):
    return folder / "artifacts" / run.info.run_id / "artifacts" / name


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", TABLES)
def test_a_condition_with_a_damaged_table_is_left_out_and_said_so_and_set_aside_by_the_next_run(folder, tracker, plan, name, damage):
    run = condition_run(tracker)
    path = artifact(folder, run, name)
    damage(path)
    damaged = path.read_bytes() if path.exists() else None
    command = rf"unvanish run smoke --output {folder}"
    told = rf"^1 condition has damaged files: {LABEL} \({name} (is missing|differs from what was written)\); left out here; train again with: {command}$"
    with pytest.warns(DamagedResultsWarning, match=told):
        assert set(read(default_uri(folder)).trials.mitigation) == {"rmsprop"}
    said = tracker.set_aside_damaged(plan)
    assert re.match(rf"1 condition has damaged files: {LABEL} \({name} .*\); set aside, and trained again by the next run that selects them$", said)
    assert [condition.label for condition in plan.without(finished(tracker)).conditions] == [LABEL]
    aside = path.with_name(f"{name}.damaged")
    assert not path.exists() and (aside.read_bytes() if aside.exists() else None) == damaged
    children = tracker.client.search_runs([tracker.store.trials], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert {child.info.status for child in [*children, tracker.client.get_run(run.info.run_id)]} == {"KILLED"} and len(children) == 2
    assert tracker.set_aside_damaged(plan) is None
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        writer.record([result for result in results(plan.cohorts[0]) if result.trial.condition.label == LABEL])
    again = read(default_uri(folder)).trials
    assert len(again) == 8 and not again.duplicated(["mitigation", "phase", "learning_rate", "seed"]).any()


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_weights_are_one_sentence_and_their_condition_is_set_aside(folder, tracker, plan, damage):
    run = condition_run(tracker)
    trial = tracker.client.search_runs([tracker.store.trials], f"tags.mlflow.parentRunId = '{run.info.run_id}'")[0]
    damage(artifact(folder, trial, "weights.npz"))
    run_id = trial.info.run_id
    for command in (("predict", run_id, folder / "log.csv"), ("export", run_id, folder / "network.keras")):
        done = unvanish(*command, "--output", folder)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert f"the run {run_id} has no weights any more: weights.npz " in done.stderr
        assert f"; train its condition again with: unvanish run smoke --output {folder}" in done.stderr
    assert "weights.npz" in tracker.set_aside_damaged(plan)
    assert [condition.label for condition in plan.without(finished(tracker)).conditions] == [LABEL]


def test_weights_that_are_no_file_of_numpy_are_one_sentence_also_where_they_have_no_checksum(folder, tracker):
    trial = tracker.client.search_runs([tracker.store.trials])[0]
    tracker.client.delete_tag(trial.info.run_id, "checksums")
    halve(artifact(folder, trial, "weights.npz"))
    with pytest.raises(UsageError, match=r"weights.npz is not a whole file of NumPy; train its condition again with: unvanish run smoke"):
        read_trained(default_uri(folder), trial.info.run_id)


def test_a_damaged_model_is_found(folder, tracker, plan):
    run = condition_run(tracker)
    (model,) = tracker.client.search_logged_models([tracker.store.conditions], filter_string=f"source_run_id = '{run.info.run_id}'")
    halve(folder / "artifacts" / "models" / model.model_id / "artifacts" / "data" / "model.keras")
    assert f"{LABEL} (data/model.keras differs from what was written)" in tracker.set_aside_damaged(plan)


def test_a_failed_condition_with_a_damaged_table_is_tried_again(tmp_path, plan):
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        writer.record(failed(plan.cohorts[0]))
    assert set(tracker.states().values()) == {"FAILED"}
    empty(artifact(tmp_path, condition_run(tracker), "curves.parquet"))
    tracker.set_aside_damaged(plan)
    assert len(tracker.states()) == 1


@pytest.mark.parametrize("damage", [halve, empty])
@pytest.mark.parametrize("name", ["plan.json", "context.json", "references.parquet", "times.json"])
def test_a_damaged_file_of_the_benchmark_itself_is_one_sentence_and_the_next_run_writes_it_anew(folder, tracker, plan, name, damage):
    (run,) = tracker.client.search_runs([tracker.store.benchmarks])
    damage(artifact(folder, run, name))
    for command in (("report",), ADVISE):
        done = unvanish(*command, "--output", folder)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert f"{name} is not " in done.stderr and "run the same profile again, which mends it" in done.stderr
    with pytest.warns(DamagedResultsWarning, match=f"^{name} is not .*; set aside, and written anew$"):
        write(plan, tracker)
    assert len(read(default_uri(folder)).trials) == 8 and artifact(folder, run, f"{name}.damaged").exists()


def test_commands_that_read_say_what_they_leave_out_in_one_line(folder, tracker):
    halve(artifact(folder, condition_run(tracker), "trials.parquet"))
    for command in ((*ADVISE, "--output", folder), ("compare", folder, folder)):
        done = unvanish(*command)
        assert "Traceback" not in done.stderr, done.stderr
        assert f"unvanish: 1 condition has damaged files: {LABEL} (trials.parquet differs" in done.stderr


def test_another_condition_is_not_examined(folder, tracker, plan):
    halve(artifact(folder, condition_run(tracker), "trials.parquet"))
    assert tracker.set_aside_damaged(select(plan, "mitigation=rmsprop")) is None


@pytest.mark.slow
def test_on_a_server_only_what_is_not_there_is_set_aside(tmp_path, plan):
    """Its files are read when the report is written; while it does not answer, nothing is taken for damaged."""
    with mlflow_server(tmp_path) as server:
        tracker = Tracker(server, tmp_path / "out")
        write(plan, tracker)
        run = condition_run(tracker)
        path = tmp_path / "files" / run.info.artifact_uri.split("mlflow-artifacts:/")[1] / "trials.parquet"
        remove(path)
        assert tracker.set_aside_damaged(plan) is None
        damaged = []
        assert set(read(server, on_damaged=damaged.extend).trials.mitigation) == {"rmsprop"}
        assert [condition.reason for condition in damaged] == ["trials.parquet is missing"]
        tracker.set_aside(damaged)
        assert [condition.label for condition in plan.without(finished(tracker)).conditions] == [LABEL]


def test_a_table_with_wrong_numbers_is_damaged_although_it_can_be_read(folder, tracker):
    path = artifact(folder, condition_run(tracker), "trials.parquet")
    pd.read_parquet(path).assign(score=np.float64(0.5)).to_parquet(path, index=False)
    with pytest.warns(DamagedResultsWarning, match="differs from what was written"):
        read(default_uri(folder))
    assert MlflowClient(default_uri(folder)).get_run(condition_run(tracker).info.run_id).info.status == "FINISHED"  # who reads changes nothing
