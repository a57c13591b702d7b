"""From a profile to a report and back, by the commands a person types."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from tests.support import commands
from tests.support.serving import mlflow_server, serving
from unvanish.suite.experiment.tuning import STOPPED
from unvanish.suite.run import load
from unvanish.suite.tables.schema import FILES, markdown

pytestmark = pytest.mark.slow  # they train a whole benchmark

UNVANISH = str(Path(sys.executable).parent / "unvanish")
PROFILE = (Path(__file__).parents[1] / "suite" / "profiles" / "smoke.toml").read_text()
KEY = ["task", "lag", "model", "mitigation", "phase", "learning_rate", "seed"]


def unvanish(*arguments, status=0, **options):
    """Call a command: one that trains in a process of its own, as a user does, any other in this one."""
    command = [UNVANISH, *map(str, arguments)]
    trains = arguments[0] == "run"
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, **options) if trains else commands.unvanish(*arguments)
    assert done.returncode == status, done.stderr
    return done


def all_runs(client, *kinds):
    """The runs of these levels, of all by default."""
    levels = [client.get_experiment_by_name(f"unvanish/{kind}s").experiment_id for kind in kinds or ("benchmark", "condition", "trial")]
    return client.search_runs(levels, max_results=1000)


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """Two tasks of smoke with three mitigations, one of which explodes: a ReLU at an absurd rate."""
    path = tmp_path_factory.mktemp("profile") / "mine.toml"
    tasks = PROFILE.split("[[task]]")
    text = (
        tasks[0]
        .replace('["none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu", "frozen"]', '["none", "rmsprop", "relu"]')
        .replace('"feedforward", "rnn", "lstm", "gru"', '"feedforward", "rnn"')
    )
    path.write_text(
        text.replace("sgd = 0.1", "sgd = 1e37").replace("[mitigation.truncated_bptt]\nwindow = 3\n", "") + "[[task]]" + tasks[1] + "[[task]]" + tasks[2]
    )
    return path


@pytest.fixture(scope="module")
def output(tmp_path_factory, profile):
    folder = tmp_path_factory.mktemp("a place") / "results"
    unvanish("run", profile, "--output", folder)
    return folder


@pytest.fixture(scope="module")
def trials(output):
    return pd.read_parquet(output / "trials.parquet")


def test_the_runs_in_mlflow_are_those_of_the_plan(output, profile):
    planned = json.loads(unvanish("plan", profile, "--json").stdout)
    client = MlflowClient(f"sqlite:///{output}/mlflow.db")
    runs = all_runs(client)
    kinds = [run.data.tags["kind"] for run in runs]
    assert len(runs) == planned["counts"]["runs"]
    assert (kinds.count("benchmark"), kinds.count("condition"), kinds.count("trial")) == (
        1,
        planned["counts"]["conditions"],
        planned["counts"]["evaluation_trials"],
    )
    parents = {run.info.run_id: run.data.tags.get("mlflow.parentRunId") for run in runs}
    kind_of = {run.info.run_id: kind for run, kind in zip(runs, kinds, strict=True)}
    assert {(kind_of[run], kind_of.get(parent)) for run, parent in parents.items()} == {("benchmark", None), ("condition", "benchmark"), ("trial", "condition")}
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {artifact.path for artifact in client.list_artifacts(next(run for run, kind in kind_of.items() if kind == "benchmark"))} >= {
        "report.html",
        "plan.json",
        "trials.parquet",
        "figures",
    }
    (benchmark,) = all_runs(client, "benchmark")
    pictures = [artifact.path for artifact in client.list_artifacts(benchmark.info.run_id, "figures")]
    assert len(pictures) > 4 and all(path.endswith((".svg", ".pdf", ".png", ".csv")) for path in pictures)
    assert "| rnn |" in benchmark.data.tags["mlflow.note.content"] and benchmark.data.metrics["n_trials"] == planned["counts"]["evaluation_trials"]
    tried = pd.read_parquet(output / "trials.parquet").query("phase == 'evaluate'")
    finite = tried[tried.diverged_at.isna()].groupby(["task", "lag", "model", "mitigation"]).size()  # what explodes in every trial has no best one
    assert len(client.search_logged_models([client.get_experiment_by_name("unvanish/conditions").experiment_id])) == len(finite) > 0


def test_where_the_time_went_is_tracked_and_told(output, tmp_path):
    client = MlflowClient(f"sqlite:///{output}/mlflow.db")
    (benchmark,) = all_runs(client, "benchmark")
    times = json.loads(Path(client.download_artifacts(benchmark.info.run_id, "times.json", str(tmp_path))).read_text())
    parts = {name.removeprefix("time/"): seconds for name, seconds in times.items()}
    of_workers = ("worker_startup", "compiling", "drawing", "training", "evaluation", "probes", "export", "references")
    assert {*of_workers, "startup", "tracking", "report", "waiting", "wall", "workers"} == set(parts)
    assert all(seconds >= 0 for seconds in parts.values())
    assert sum(parts[part] for part in of_workers) + parts["waiting"] <= parts["workers"] * parts["wall"] * 1.01
    page = (output / "report.html").read_text()
    assert page.index("Where the time went") < page.index("<td>training<") < page.index("</main>")


def test_the_tables_have_a_row_for_every_trial_and_the_promised_columns(trials, output, profile):
    planned = json.loads(unvanish("plan", profile, "--json").stdout)
    assert planned["counts"]["trials"] <= len(trials) <= planned["counts"]["most_trials"] and not trials.duplicated(KEY).any()
    promised = f"""benchmark {" ".join(KEY)} steps status diagnosis solved_at diverged_at loss score metric metric_value
        max_gradient_norm clipped_share parameters seconds run_id"""
    assert set(promised.split()) <= set(trials.columns)
    assert len(pd.read_csv(output / "trials.csv")) == len(trials)
    curves, gradients = (pd.read_parquet(output / f"{name}.parquet") for name in ("curves", "gradients"))
    assert {*KEY, "step", "loss", "score", "gradient_norm"} <= set(curves.columns)
    assert {*KEY, "step", "steps_back", "norm"} <= set(gradients.columns)
    assert len(curves) == 2 * len(trials)
    probes = pd.read_parquet(output / "probes.parquet")
    assert {*KEY, "step", "probe", "steps_back", "value"} == set(probes.columns)
    assert probes.groupby(KEY).step.agg(["min", "max"]).drop_duplicates().to_numpy().tolist() == [[0, 40]]
    of_rnn = probes[probes.model == "rnn"].pivot(index=[*KEY, "step"], columns="probe", values="value")
    assert len(of_rnn) > 0 and (of_rnn.spectral_radius <= of_rnn.largest_singular_value + 1e-6).all()
    conditions = pd.read_csv(output / "conditions.csv")
    assert len(conditions) == planned["counts"]["conditions"] + planned["counts"]["not_applicable"]
    assert conditions.n_trials.sum() == (trials.phase == "evaluate").sum()
    assert conditions.n_rates.sum() * len(planned["profile"]["tuning_seeds"]) == (trials.phase == "tune").sum()
    assert set(conditions.search_stopped.dropna()) <= set(STOPPED) and conditions[conditions.state == "run"].search_stopped.notna().all()
    explained = {name: list(columns) for files, (_, columns) in FILES.items() for name in files.split(", ")}
    written = {path.name: path for path in output.iterdir() if path.suffix in (".csv", ".parquet")}
    assert set(written) == set(explained) and (output / "columns.md").read_text() == markdown()
    for name, path in written.items():
        assert list(pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)) == explained[name]


def test_reference_predictors_are_listed_for_every_task(output, profile):
    references = pd.read_csv(output / "references.csv")
    assert references.groupby(["task", "lag"]).reference.apply(list).to_dict() == {
        ("copy_memory", 2): ["majority", "window of 10"],
        ("first_symbol", 4): ["majority", "window of 10"],
    }


def test_every_figure_with_something_to_show_shows_it(output):
    """Nothing is solved in so few steps and every task has one lag, so steps to solved and the horizon have nothing; the others have panels."""
    from unvanish.reports.figures import FIGURES
    from unvanish.suite.tracking import read

    data = read(f"sqlite:///{output}/mlflow.db")
    titles = {figure.name: [drawing.title for drawing in figure.drawings(figure.table(data))] for figure in FIGURES}
    assert {name for name, drawn in titles.items() if drawn} >= {"success", "learning", "gradients", "rates", "overall"}
    page = (output / "report.html").read_text()
    assert all(f">{title}</title>" in page for name in ("success", "rates", "overall") for title in titles[name])


@pytest.mark.slow
def test_a_figure_of_a_plugin_that_cannot_be_drawn_has_its_sentence_on_the_page(output, tmp_path):
    before = (output / "report.html").read_text()
    plugin = tmp_path / "blank.py"
    plugin.write_text(
        "from dataclasses import replace\nfrom unvanish.reports.figures.facets import facets\n"
        "from unvanish.reports.figures.success import FIGURE as SUCCESS\n"
        "FIGURE = replace(SUCCESS, name='blank', draw=lambda table: facets(table, 'model', 1.0).figure)\n"
    )
    unvanish("report", "--output", output, "--plugin", plugin)
    page = (output / "report.html").read_text()
    sentence = "the figure blank could not be drawn: BlankPanel: the figure &#39;Solved of tried, copy memory&#39; draws nothing in its panel "
    assert sentence in page and sentence not in before and page.count("<svg") == before.count("<svg")
    said = unvanish("report", "--output", output, "--plugin", plugin, "--figures", tmp_path / "figures", status=2).stderr
    assert said.startswith("unvanish: the figure blank could not be drawn: ") and said.count("\n") == 1
    assert list((tmp_path / "figures").glob("success-*.svg"))
    unvanish("report", "--output", output)


def test_what_explodes_is_a_row_that_looks_no_better_than_it_is(trials):
    exploded = trials[trials.diagnosis == "exploded"]
    assert len(exploded) > 0 and (exploded.score == 0).all() and exploded.solved_at.isna().all()
    assert set(exploded.mitigation) <= {"none", "relu"}
    assert (trials[trials.mitigation == "rmsprop"].diverged_at.isna()).all()


def test_a_second_run_trains_only_what_is_missing(output, profile, trials):
    done = unvanish("run", profile, "--output", output)
    assert "12 conditions are done already" in done.stderr and "worker" not in done.stderr
    pd.testing.assert_frame_equal(pd.read_parquet(output / "trials.parquet"), trials)


@pytest.mark.slow
def test_workers_and_other_trials_change_no_figure(tmp_path, profile, trials):
    """One worker instead of two, and the conditions trained in two goes instead of together."""
    unvanish("run", profile, "--output", tmp_path, "--workers", 1, "--select", "mitigation=rmsprop")
    partial = pd.read_parquet(tmp_path / "trials.parquet")
    assert set(partial.mitigation) == {"rmsprop"}
    unvanish("run", profile, "--output", tmp_path, "--workers", 1)
    again = pd.read_parquet(tmp_path / "trials.parquet")
    figures = [column for column in trials.columns if column not in ("seconds", "run_id")]
    pd.testing.assert_frame_equal(again[figures], trials[figures])


def test_the_report_can_be_written_again_from_mlflow_alone(output):
    before = (output / "report.html").read_text()
    (output / "report.html").unlink()
    printed = unvanish("report", "--output", output).stdout.split("\n")
    assert str(output / "report.html") in printed
    assert (output / "report.html").read_text() == before


@pytest.mark.parametrize("model", ["feedforward", "rnn"])
def test_an_exported_trial_is_a_keras_model_that_needs_nothing_of_this_project(output, trials, tmp_path, model):
    """It loads in safe mode where neither `suite` nor `tasks` can be imported, and scores what the table says."""
    chosen = trials[(trials.phase == "evaluate") & (trials.model == model) & (trials.mitigation == "rmsprop") & (trials.task == "first_symbol")].iloc[0]
    printed = unvanish("export", chosen.run_id[:16], tmp_path / "trial.keras", "--output", output).stdout
    assert "0-7 symbol 1, 2, 3, 4, 5, 6, 7, 8; 8-11 distractor 1, 2, 3, 4" in printed and "logits" in printed
    assert "checked loaded again, its outputs are those of the trial to " in printed and "example its answer to the first example of first_symbol" in printed
    assert f'network = keras.saving.load_model("{tmp_path / "trial.keras"}")' in printed
    assert json.loads(zipfile.ZipFile(tmp_path / "trial.keras").read("unvanish.json"))["outputs"]["columns"][0] == "symbol 1"
    from unvanish.suite.experiment.profile import make_task
    from unvanish.tasks.seeding import generator

    task = make_task("first_symbol", int(chosen.lag))
    drawn = task.draw(generator("test", 0, 0), 64)
    np.savez(tmp_path / "test.npz", x=drawn.inputs if model == "rnn" else drawn.inputs[:, -1])
    code = """
        import sys, numpy as np, keras
        assert not any("__editable__" in str(path) for path in sys.path)
        model = keras.saving.load_model("trial.keras", safe_mode=True)
        np.save("y.npy", model(np.load("test.npz")["x"]))
        assert not {"suite", "tasks"} & set(sys.modules)
        assert model.layers[-1].name == "logits"
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, check=True, capture_output=True)
    right = np.load(tmp_path / "y.npy").argmax(-1) == drawn.targets[:, 0]
    assert right.mean() == pytest.approx(chosen.metric_value, abs=1e-6)
    outputs = load(output).network(chosen.run_id[:16]).predict(drawn.inputs)
    assert outputs.shape == (64, 1, 8) and (outputs.argmax(-1) == drawn.targets).mean() == pytest.approx(chosen.metric_value, abs=1e-6)


def test_export_refuses_what_is_no_keras_file(output, trials, tmp_path):
    run = trials[trials.phase == "evaluate"].iloc[0].run_id
    for path in (tmp_path / "model.h5", tmp_path / "nowhere" / "model.keras"):
        done = unvanish("export", run, path, "--output", output, status=2)
        assert done.stderr.startswith("unvanish: ") and not path.exists()


@pytest.mark.slow
def test_the_ui_serves_the_runs_on_this_machine_only(output):
    with serving([UNVANISH, "ui", "--output", output]) as (process, address):
        assert address in process.stdout.readline()
        assert process.stdout.readline().startswith("every condition")
        assert process.stdout.readline().strip().startswith(f"{address}/#/experiments/")
        answer = urllib.request.urlopen(f"{address}/api/2.0/mlflow/experiments/get-by-name?experiment_name=unvanish/trials", timeout=30).read()
        assert json.loads(answer)["experiment"]["name"] == "unvanish/trials"
        port = address.rsplit(":", 1)[1]
        assert unvanish("ui", "--output", output, "--port", port, status=2).stderr.startswith(f"unvanish: port {port} cannot be used")


@pytest.mark.slow
def test_a_tracking_server_holds_all_that_a_report_needs(tmp_path, profile, trials, monkeypatch):
    """Runs, curves and files go to the server; a report is made from it alone, in another folder."""
    with mlflow_server(tmp_path) as address:
        unvanish(
            "run",
            profile,
            "--output",
            tmp_path / "here",
            "--select",
            "task=first_symbol,model=feedforward",
            env={**os.environ, "MLFLOW_TRACKING_URI": address},
        )
        assert not (tmp_path / "here" / "mlflow.db").exists()
        unvanish("report", "--output", tmp_path / "there", "--tracking-uri", address)
        check_levels(MlflowClient(address))
        check_logged_model(MlflowClient(address), monkeypatch)
    mine = trials[(trials.task == "first_symbol") & (trials.model == "feedforward")].reset_index(drop=True)
    figures = [column for column in trials.columns if column not in ("seconds", "run_id")]
    for folder in ("here", "there"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / folder / "trials.parquet")[figures], mine[figures])


def check_levels(client):
    """Each level is an experiment of its own, and the runs of each say which run of the level above they belong to."""
    assert {experiment.name for experiment in client.search_experiments()} >= {"unvanish/benchmarks", "unvanish/conditions", "unvanish/trials"}
    (benchmark,), conditions, trials = (all_runs(client, kind) for kind in ("benchmark", "condition", "trial"))
    for level, runs in {"benchmark": [benchmark], "condition": conditions, "trial": trials}.items():
        assert {run.data.tags["kind"] for run in runs} == {level}
    assert (len(conditions), len(trials)) == (3, 6)
    unsolved = client.search_runs([trials[0].info.experiment_id], "tags.outcome != 'solved' and params.mitigation = 'rmsprop'")
    assert {run.info.run_id for run in unsolved} == {run.info.run_id for run in trials if run.data.params["mitigation"] == "rmsprop"}
    assert "mlflow.parentRunId" not in benchmark.data.tags
    assert {run.data.tags["mlflow.parentRunId"] for run in conditions} == {benchmark.info.run_id}
    n_trials = Counter(run.data.tags["mlflow.parentRunId"] for run in trials)
    for run in conditions:
        metrics, note = run.data.metrics, run.data.tags["mlflow.note.content"]
        assert {"n_trials", "n_solved", "success_rate", "learning_rate", "score"} <= set(metrics)
        assert metrics["n_trials"] == n_trials.pop(run.info.run_id) == 2 and metrics["success_rate"] == metrics["n_solved"] / 2
        assert run.data.params["cause"] and note.startswith("**feedforward** with **") and "```\nunvanish run " in note
    assert not n_trials
    files = {artifact.path for artifact in client.list_artifacts(benchmark.info.run_id)}
    assert {"report.html", "figures"} <= files and client.list_artifacts(benchmark.info.run_id, "figures")


def check_logged_model(client, monkeypatch):
    """A model on the server loads by its address, as a function and as a Keras model, and answers its own input example."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    (logged,) = client.search_logged_models([client.get_experiment_by_name("unvanish/conditions").experiment_id], "attributes.name LIKE '%rmsprop'")
    as_function, as_keras = mlflow.pyfunc.load_model(f"models:/{logged.model_id}"), mlflow.keras.load_model(f"models:/{logged.model_id}")
    inputs, outputs = as_function.metadata.signature.inputs.inputs[0], as_function.metadata.signature.outputs.inputs[0]
    example = np.asarray(as_function.input_example, inputs.type)
    assert example.shape == (1, *inputs.shape[1:]) == (1, 12)
    answer = as_function.predict(example)
    assert answer.shape == (1, *outputs.shape[1:]) and np.isfinite(answer).all()
    np.testing.assert_allclose(as_keras(example), answer, rtol=1e-5)


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_the_next_run_goes_on(tmp_path):
    process = subprocess.Popen(
        [UNVANISH, "run", "smoke", "--output", str(tmp_path / "out"), "--select", "model=rnn|feedforward"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines = []
    for line in process.stderr:
        lines.append(line)
        if " lag " in line:  # the first cohort is done
            break
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in rest and "kept" in rest
    client = MlflowClient(f"sqlite:///{tmp_path}/out/mlflow.db")
    runs = all_runs(client)
    finished = [run for run in runs if run.data.tags["kind"] == "condition" and run.info.status == "FINISHED"]
    assert 0 < len(finished) < 45
    assert {run.info.status for run in runs if run.data.tags["kind"] == "benchmark"} == {"KILLED"}
    deadline = time.monotonic() + 20
    while children_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not children_of(process.pid)
    again = unvanish("run", "smoke", "--output", tmp_path / "out", "--select", "model=rnn|feedforward")
    assert f"{len(finished)} conditions are done already" in again.stderr


def children_of(group: int) -> list[str]:
    """Processes that are left of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(stat.parent.name)
    return found
