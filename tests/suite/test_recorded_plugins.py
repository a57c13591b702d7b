"""The plug-ins of a benchmark are found again by what it recorded: the file at the recorded path with the recorded digest, and nothing else is run."""

import html
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from tests.support import commands
from tests.support.benchmarks import results
from tests.support.plugins import PARITY, SIGN, STATE
from unvanish.reports.figures.figure import Figure
from unvanish.suite import plugins
from unvanish.suite.experiment.plan import load_plan, make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.recorded_plugins import PluginWarning, find_again, record_plugins
from unvanish.suite.run import run
from unvanish.suite.tracking import Tracker, default_uri, read, read_trained, recorded_plugins
from unvanish.tasks import TASKS
from unvanish.tasks.errors import UsageError
from unvanish.tasks.registry import Registry

ROOT = Path(__file__).parents[2]
PROFILE = """
description = "one task of a plug-in"
models = ["rnn"]
mitigations = ["none", "sign(size=0.1)", "sign(size=0.5)+rmsprop"]
plugins = ["sign #1.py"]
hidden_size = 8
batch_size = 8
steps = 20
evaluate_every = 20
validation_sequences = 16
test_sequences = 16
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101]

[learning_rates]
count = 1
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003

[[task]]
name = "parity"
lags = [5]
"""


@pytest.fixture(autouse=True)
def no_plugins_and_no_drawings(monkeypatch):
    """Figures take most of a page's seconds, and none shows what a plug-in is found by."""
    monkeypatch.setattr(Registry, "plugins", [])
    monkeypatch.setattr(Figure, "drawings", lambda figure, table: iter(()))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a benchmark of the profile below, whose trials are made up, in the folder `results`."""
    folder = tmp_path_factory.mktemp("place")
    write_files(folder)
    (folder / "results").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "plugins", [])
        patch.chdir(folder)
        plugins.add(Path("päritÿ.py"))
        plan = load_plan("my profiles/mine.toml")
        with Tracker(default_uri(folder / "results"), folder / "results").benchmark(plan, {"command": "unvanish run mine"}, fresh=False) as writer:
            for cohort in plan.cohorts:
                writer.record(results(cohort, metric=1.0))
    return folder


def write_files(folder):
    """A profile that names one plug-in, that one beside it, and another one, of its task, in a folder of its own."""
    (folder / "my profiles").mkdir(exist_ok=True)
    (folder / "my profiles" / "mine.toml").write_text(PROFILE)
    (folder / "my profiles" / "sign #1.py").write_text(SIGN)
    (folder / "päritÿ.py").write_text(PARITY, encoding="utf-8")


@pytest.fixture
def folder(place):
    """The same with all files as they were when the benchmark was run, in a process that knows none of its plug-ins."""
    write_files(place)
    return place


@pytest.fixture
def stored(folder):
    """The folder of results."""
    return folder / "results"


def test_a_plan_records_name_paths_digest_and_what_is_defined(folder, monkeypatch):
    monkeypatch.chdir(folder)
    plugins.add(Path("päritÿ.py"))
    (recorded,) = record_plugins()
    assert (recorded.name, recorded.given, recorded.path) == ("päritÿ.py", "päritÿ.py", str(folder / "päritÿ.py"))
    assert recorded.digest == plugins.digest(PARITY.encode()) and recorded.defines == {"TASK": "parity"}


def test_the_command_that_repeats_a_condition_names_the_profile_and_the_plug_ins_as_they_were_given(stored, folder, monkeypatch):
    monkeypatch.chdir(folder)
    plan = read(default_uri(stored)).plan
    words = plan.repeat_command("parity", 5, "rnn", "sign(size=0.1)")
    command = shlex.split(words)
    assert command[:5] == ["unvanish", "run", "my profiles/mine.toml", "--plugin", "päritÿ.py"]  # the profile itself names the other one
    selection = command[command.index("--select") + 1]
    assert [condition.mitigation for condition in select(load_plan(command[2]), selection).conditions] == ["sign(size=0.1)"]
    page = commands.unvanish("report", "--output", stored)
    assert page.stderr == "" and f"<code>{words}</code>" in html.unescape((stored / "report.html").read_text())


def test_a_profile_made_in_python_is_repeated_by_the_command_of_its_benchmark(folder):
    plugins.add(folder / "päritÿ.py")
    assert make_plan(load(str(folder / "my profiles" / "mine.toml"))).record().repeat_command("parity", 5, "rnn", "none") is None


def test_what_reads_a_benchmark_finds_its_plug_ins_again(stored, monkeypatch):
    monkeypatch.chdir("/")
    shown = commands.unvanish("show", "parity", "--output", stored)
    assert (shown.returncode, shown.stderr) == (0, "") and shown.stdout.startswith("parity: whether the first and the last bit are equal")
    listed = json.loads(commands.unvanish("list", "--json", "--output", stored).stdout)
    assert listed["tasks"][-1]["name"] == "parity" and listed["mitigations"][-1]["name"] == "sign"
    advised = commands.unvanish("advise", "--model", "rnn", "--lag", 5, "--task", "parity", "--output", stored)
    assert (advised.returncode, advised.stderr) == (0, "")
    compared = commands.unvanish("compare", stored, stored)
    assert (compared.returncode, compared.stderr) == (0, "")
    assert "parity" not in TASKS.names
    read(default_uri(stored))
    assert "parity" in TASKS.names


def test_their_sources_are_artifacts_of_the_benchmark_and_are_never_run(stored):
    client = MlflowClient(default_uri(stored))
    (run,) = client.search_runs([client.get_experiment_by_name("unvanish/benchmarks").experiment_id])
    kept = [Path(client.download_artifacts(run.info.run_id, artifact.path)) for artifact in client.list_artifacts(run.info.run_id, "plugins")]
    assert sorted(path.read_text() for path in kept) == sorted([SIGN, PARITY])
    for path in kept:
        path.write_text("raise SystemExit('run from the store')\n")
    assert "parity" in {task.task for task in read(default_uri(stored)).plan.tasks}


def test_a_report_goes_on_without_what_is_missing_or_has_changed_and_says_so(stored, folder):
    (folder / "päritÿ.py").unlink()
    sign = folder / "my profiles" / "sign #1.py"
    sign.write_text(f"raise SystemExit('a file with another digest was run')\n{SIGN}")
    done = commands.unvanish("report", "--output", stored)
    missing, changed = done.stderr.strip().split("\n")
    assert done.returncode == 0 and "parity" in (stored / "report.html").read_text()
    assert changed.startswith("unvanish: the plug-in sign #1.py that the benchmark was run with has changed at ") and str(sign) in changed
    assert missing.endswith(f"is not at {folder / 'päritÿ.py'} any more; give it with --plugin")


def test_what_cannot_do_without_one_ends_in_a_sentence_until_it_is_given(stored, folder):
    moved = (folder / "päritÿ.py").rename(folder / "moved.py")
    refused = commands.unvanish("show", "parity", "--output", stored)
    assert refused.returncode == 2 and refused.stdout == "" and refused.stderr.count("\n") == 1
    assert "the plug-in päritÿ.py that the benchmark was run with is not at" in refused.stderr
    assert commands.unvanish("show", "parity", "--output", stored, "--plugin", moved).returncode == 0
    assert commands.unvanish("show", "parity", "--plugin", moved).returncode == 0
    client = MlflowClient(default_uri(stored))
    trial = client.search_runs([client.get_experiment_by_name("unvanish/trials").experiment_id])[0]
    for command in (["export", trial.info.run_id, folder / "m.keras"], ["predict", trial.info.run_id, folder / "log.csv"]):
        done = commands.unvanish(*command, "--output", stored)
        assert done.returncode == 2 and "the plug-in päritÿ.py" in done.stderr and done.stderr.count("\n") == 1
    plugins.add(moved)
    params, _, weights = read_trained(default_uri(stored), trial.info.run_id)
    assert params["task"] == "parity" and np.all(weights["kernel"] == 1)


def test_one_that_is_not_needed_is_not_missed(stored, folder):
    plugins.add(folder / "päritÿ.py")
    (folder / "my profiles" / "sign #1.py").unlink()
    recorded = recorded_plugins(default_uri(stored))
    find_again(recorded, needed=[("TASK", "parity"), ("MODEL", "rnn"), ("MITIGATION", "none")])
    with pytest.raises(UsageError, match=r"sign #1\.py"):
        find_again(recorded, needed=[("MITIGATION", "sign")])
    with pytest.warns(PluginWarning, match=r"sign #1\.py"):
        find_again(recorded)


def test_one_that_the_user_gave_takes_the_place_of_the_one_that_defines_the_same(stored, folder):
    (folder / "päritÿ.py").write_text(f"{PARITY}\n# changed\n")
    plugins.add(folder / "päritÿ.py")
    read(default_uri(stored))
    assert TASKS["parity"].__module__ == plugins.read(folder / "päritÿ.py").module_name and len(Registry.plugins) == 2


def test_a_benchmark_that_is_gone_on_with_keeps_its_probes(tmp_path):
    """The same profile without --plugin is the same benchmark: without the probe, all of it would be trained anew."""
    (tmp_path / "probe.py").write_text(STATE)
    plugins.add(tmp_path / "probe.py")
    plan = select(load_plan("smoke"), "task=adding,model=rnn,mitigation=none")
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    with tracker.benchmark(load_plan("smoke"), {"command": "unvanish run smoke"}, fresh=False) as writer:
        writer.record(results(plan.cohorts[0], metric=1.0))
    Registry.plugins.clear()
    told = []

    class Stop(Exception):
        pass

    class Callback:
        def message(self, line):
            told.append(line)
            if "starting" in line or "done already" in line:
                raise Stop

    with pytest.raises(Stop):
        run("smoke", tmp_path, select="task=adding,model=rnn,mitigation=none", callback=Callback())
    assert told[-1] == "1 conditions are done already; --fresh trains them anew"
    Registry.plugins.clear()
    with pytest.raises(Stop):
        run("smoke", tmp_path, select="task=adding,model=rnn,mitigation=none", fresh=True, callback=Callback())
    assert told[-1].startswith("starting") and not Registry.plugins


@pytest.mark.parametrize("given", ["sign(size=0.1)", "sign+rmsprop", "sign", None])
def test_what_a_profile_names_of_a_plug_in_is_not_added_beside_it(folder, given):
    """Whether the profile names the plug-in or the command line does; and a profile that names nothing of it is given its defaults."""
    text = PROFILE.replace('"sign(size=0.1)", "sign(size=0.5)+rmsprop"', f'"{given}"' if given else "")
    plugins.add(folder / "päritÿ.py")
    named = folder / "my profiles" / "named.toml"
    named.write_text(text)
    by_profile = load_plan(str(named)).profile
    plugins.add(folder / "my profiles" / "sign #1.py")
    named.write_text(text.replace('plugins = ["sign #1.py"]', ""))
    by_option = load_plan(str(named)).profile
    assert by_profile.mitigations == by_option.mitigations == ["none", given or "sign"]
    assert by_profile.models == ["rnn"] and [entry.name for entry in by_profile.task] == ["parity"]
