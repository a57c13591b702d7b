"""The Python interface: what it trains, writes and reads back, what it tells a callback, and what it refuses."""

import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

import unvanish
from unvanish.tasks.errors import UsageError

SELECTED = "task=first_symbol,model=feedforward|rnn,mitigation=none|rmsprop"


class Recorder(unvanish.ProgressCallback):
    def __init__(self):
        self.lines, self.steps, self.known, self.cohorts = [], Counter(), {}, []

    def message(self, line):
        self.lines.append(line)

    def on_steps(self, cohort, trial_steps, trials):
        self.steps[cohort.model] += trial_steps
        self.known[cohort.model] = trials

    def on_cohort_end(self, cohort, results, failure):
        self.cohorts.append((cohort.model, len(results), failure))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder, recorder = tmp_path_factory.mktemp("benchmark") / "results", Recorder()
    return folder, unvanish.run("smoke", folder, select=SELECTED, workers=1, callback=recorder), recorder


def test_the_first_line_comes_before_anything_heavy_is_loaded(tmp_path):
    code = """
        import sys, unvanish

        class First(unvanish.ProgressCallback):
            def message(self, line):
                print(line)
                raise SystemExit(int(bool({"tensorflow", "keras", "mlflow", "distributed", "pandas"} & set(sys.modules))))

        unvanish.run("smoke", sys.argv[1], callback=First())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.startswith("smoke: 110 conditions; results in "), done


def test_it_trains_tracks_and_gives_the_tables(ran):
    _, benchmark, recorder = ran
    assert benchmark.n_failed == 0 and benchmark.plan.profile.name == "smoke"
    assert set(zip(benchmark.trials.model, benchmark.trials.mitigation, strict=True)) == {
        (model, mitigation) for model in ("feedforward", "rnn") for mitigation in ("none", "rmsprop")
    }
    assert len(benchmark.curves) == 2 * len(benchmark.trials) and set(benchmark.gradients.model) == {"rnn"}
    assert set(benchmark.probes.probe) >= {"saturated_share", "spectral_radius"} and len(benchmark.references) == 2
    trained = benchmark.trials.model.value_counts().to_dict()  # at least two rates, at most three, and two evaluation seeds of two conditions each
    assert sorted(recorder.cohorts) == sorted((model, count, None) for model, count in trained.items()) and all(8 <= count <= 10 for count in trained.values())
    assert recorder.steps == {model: 40 * count for model, count in trained.items()} and recorder.known == trained
    assert len(benchmark.conditions) > benchmark.trials.groupby(["task", "lag", "model", "mitigation"]).ngroups > 0


def test_what_is_read_back_is_what_was_trained(ran):
    folder, benchmark, _ = ran
    again = unvanish.load(folder)
    assert again.run_id == benchmark.run_id
    for table in ("trials", "curves", "probes", "gradients", "references"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(benchmark, table))


def stored(folder):
    """What a run leaves: its files, and of each of its three levels of runs the names, status, artifacts, metrics and notes."""
    files = {path.relative_to(folder) for path in folder.iterdir() if not path.name.startswith("mlflow.db-")}
    client, levels = MlflowClient(f"sqlite:///{folder}/mlflow.db"), {}
    for level in ("benchmarks", "conditions", "trials"):
        for found in client.search_runs([client.get_experiment_by_name(f"unvanish/{level}").experiment_id]):
            artifacts = {path.relative_to(root) for root in [Path(found.info.artifact_uri.removeprefix("file://"))] for path in root.rglob("*")}
            note = found.data.tags["mlflow.note.content"] if level != "trials" else ""
            metrics = {name for name in found.data.metrics if name != "hours"}
            levels[level, found.info.run_name] = found.info.status, artifacts, metrics, note.replace(str(folder), "FOLDER"), found.data.params
    return files, levels


@pytest.mark.slow
def test_the_command_leaves_what_the_python_call_leaves(ran, tmp_path):
    folder, _, _ = ran
    command = [sys.executable, "-c", "from unvanish.suite.cli import main; main()", "run", "smoke", "--output", tmp_path / "out", "--select", SELECTED]
    subprocess.run([*command, "--workers", "1"], check=True, capture_output=True)
    (files, runs), (files_of_command, runs_of_command) = stored(folder), stored(tmp_path / "out")
    assert files == files_of_command and {Path("report.html"), Path("trials.parquet"), Path("columns.md")} <= files
    assert runs.keys() == runs_of_command.keys()
    for name in runs:
        assert runs[name] == runs_of_command[name]
    status, artifacts, metrics, note, _ = runs["benchmarks", "smoke"]
    assert status == "FINISHED" and {Path("report.html"), Path("figures"), Path("times.json"), Path("plan.json")} <= artifacts
    assert {"n_trials", "n_solved", "n_failed"} <= metrics and "| rnn |" in note and "unvanish run smoke --output FOLDER --select" in note


def test_the_run_is_closed_after_all_that_belongs_to_it(ran):
    _, benchmark, _ = ran
    client = MlflowClient(benchmark.uri)
    found = client.get_run(benchmark.run_id)
    files = [path for path in Path(found.info.artifact_uri.removeprefix("file://")).rglob("*") if path.is_file()]
    assert len(files) > 10 and max(path.stat().st_mtime for path in files) * 1000 <= found.info.end_time + 1
    points = [point for name in found.data.metrics for point in client.get_metric_history(benchmark.run_id, name)]
    assert max(point.timestamp for point in points) <= found.info.end_time


@pytest.mark.slow
@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (UsageError, "FAILED"), (OSError, "FAILED")])
def test_a_report_that_cannot_be_written_loses_no_trial_and_leaves_the_right_status(ran, monkeypatch, error, status):
    """All is trained already, so the report is all there is to do; the next run writes it."""
    folder, benchmark, _ = ran
    before = (folder / "report.html").read_bytes()

    def fail(*_):
        raise error("no room")

    monkeypatch.setattr("unvanish.reports.write.render", fail)
    with pytest.raises(UsageError if error is OSError else error):
        unvanish.run("smoke", folder, select=SELECTED, workers=1)
    client = MlflowClient(benchmark.uri)
    assert client.get_run(benchmark.run_id).info.status == status and (folder / "report.html").read_bytes() == before
    monkeypatch.undo()
    pd.testing.assert_frame_equal(unvanish.run("smoke", folder, select=SELECTED, workers=1).trials, benchmark.trials)
    assert client.get_run(benchmark.run_id).info.status == "FINISHED"


@pytest.mark.slow
def test_a_second_run_trains_only_what_is_missing(ran):
    folder, benchmark, _ = ran
    recorder = Recorder()
    more = unvanish.run("smoke", folder, select=SELECTED.replace("rnn,", "rnn|gru,"), workers=1, callback=recorder)
    assert [model for model, _, _ in recorder.cohorts] == ["gru"] and 8 <= len(more.trials) - len(benchmark.trials) <= 10


def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="there is no profile 'smok'; did you mean 'smoke'"):
        unvanish.run("smok", tmp_path / "new")
    with pytest.raises(UsageError, match="leave one of them out"):
        unvanish.run("smoke", tmp_path / "new", workers=1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="there are no results"):
        unvanish.load(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_interface_loads_nothing_that_is_slow_before_it_is_used():
    code = """
        import sys, unvanish
        assert {"Benchmark", "ProgressCallback", "UsageError", "load", "run"} == set(unvanish.__all__)
        assert not {"tensorflow", "mlflow", "pandas", "distributed"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
