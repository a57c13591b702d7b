"""Plug-ins: the examples of the documentation work from the command line to the page, and what is wrong with one is said in a sentence."""

import html
import json
import os
import re
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from tests.support import commands
from tests.support.plugins import EXAMPLES, JANET, NORMS, PARITY, SIGN, STACKED, STATE, UNIFORM
from unvanish.suite import plugins
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.versions import environment, version_of_class
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS
from unvanish.suite.run import ProgressCallback, run
from unvanish.suite.silence_stderr import silence_stderr
from unvanish.tasks import TASKS
from unvanish.tasks.errors import UsageError
from unvanish.tasks.registry import Registry, installed

ROOT = Path(__file__).parents[2]
UNVANISH = str(Path(sys.executable).parent / "unvanish")


@pytest.fixture(autouse=True)
def no_plugins_left():
    yield
    Registry.plugins.clear()


@pytest.fixture
def file(tmp_path):
    """Writes a plug-in to a file."""

    def write(source, name="mine.py"):
        (tmp_path / name).write_text(source)
        return tmp_path / name

    return write


def unvanish(*arguments, status=0):
    done = commands.unvanish(*arguments)
    assert done.returncode == status, done.stderr
    return done


def unvanish_process(*arguments, status=0):
    """The same in a process of its own, which knows no plug-in yet and starts workers."""
    done = subprocess.run([UNVANISH, *map(str, arguments)], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.slow
def test_the_examples_of_the_documentation_are_trained_and_drawn(file, tmp_path):
    """By worker processes that have never seen them; a second run finds all of it done."""
    files = [file(source, f"mine{number}.py") for number, source in enumerate(EXAMPLES)]
    given = [word for path in files for word in ("--plugin", path)]
    chosen = ["--select", "task=parity,model=rnn|stacked|janet,mitigation=none|sign"]
    ran = unvanish_process("run", "smoke", "--output", tmp_path / "out", *chosen, *given)
    trials = pd.read_parquet(tmp_path / "out" / "trials.parquet")
    assert set(trials.status) == {"finished"} and set(trials.task) == {"parity"}
    assert {(model, mitigation) for model, mitigation in zip(trials.model, trials.mitigation, strict=True)} == {
        (model, mitigation) for model in ("rnn", "stacked", "janet") for mitigation in ("none", "sign")
    }
    assert (trials[trials.mitigation == "sign"].clipped_share == 1).all()
    probes = pd.read_parquet(tmp_path / "out" / "probes.parquet").query("probe == 'state_size'")
    assert set(probes.model) == {"rnn", "janet"} and probes.value.between(0, 1).all() and "state_size" in (tmp_path / "out" / "columns.md").read_text()
    page = (tmp_path / "out" / "report.html").read_text()
    assert "What further probes measured" in page
    assert "Largest gradient norm and score" in page and "uniform on parity" in page
    assert "Traceback" not in ran.stderr
    again = unvanish_process("run", "smoke", "--output", tmp_path / "out", *chosen, *given)
    assert "6 conditions are done already" in again.stderr and "worker" not in again.stderr
    found = unvanish_process("report", "--output", tmp_path / "out")  # where they were when it was run
    assert "Largest gradient norm and score" in (tmp_path / "out" / "report.html").read_text() and found.stderr == ""
    for path in files:
        path.unlink()
    without = unvanish_process("report", "--output", tmp_path / "out")  # of what this process does not know it shows what was tracked
    assert "Largest gradient norm and score" not in (tmp_path / "out" / "report.html").read_text() and without.stderr.count("\n") == len(files)


TINY = """
description = "a plug-in of each kind"
models = ["rnn", "stacked", "janet"]
mitigations = ["none", "sign(size=0.1)"]
plugins = ["first #1.py", "stacked.py", "janet.py", "probe.py", "figure.py"]
hidden_size = 8
batch_size = 8
steps = 40
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
WITHOUT = "import sys; sys.modules['unvanish'] = None\nfrom distributed.cli.dask_scheduler import main; main()"  # which cannot be imported then


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The file of a scheduler that has neither this project nor a plug-in, and a function that starts a worker of it and returns its process."""
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    processes = []

    def start(*command):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen([sys.executable, *command], cwd=file.parent, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, **quiet))
        return processes[-1]

    def worker():
        return start("-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard")

    start("-c", WITHOUT, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip().endswith("}")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield file, worker
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_plug_in_of_each_kind_travels_is_found_again_and_its_condition_repeated(elsewhere, tmp_path, monkeypatch):
    """To workers that join when the run has begun, of which one is killed while it trains, through a scheduler that knows nothing; by the command on the
    page, as it is pasted."""
    scheduler, worker = elsewhere
    (tmp_path / "my profiles").mkdir()
    (tmp_path / "my profiles" / "tiny.toml").write_text(TINY)
    for name, source in {"first #1": SIGN, "stacked": STACKED, "janet": JANET, "probe": STATE, "figure": NORMS}.items():
        (tmp_path / "my profiles" / f"{name}.py").write_text(source)
    (tmp_path / "päritÿ.py").write_text(PARITY)
    (tmp_path / "uniform.py").write_text(UNIFORM)
    monkeypatch.chdir(tmp_path)

    class Joined(ProgressCallback):
        @contextmanager
        def training(self, pending, workers):
            self.first = worker()
            yield

        def on_steps(self, cohort, trial_steps, trials):
            if self.first.poll() is None:  # it is the only one yet, so it trains
                self.first.kill()
                self.first.wait()
                worker()
                worker()

    given = {"plugins": ["päritÿ.py", "uniform.py"]}
    remote = run("my profiles/tiny.toml", "elsewhere", scheduler=str(scheduler), callback=Joined(), **given)
    local = run("my profiles/tiny.toml", "here", workers=1, **given)
    assert remote.n_failed == local.n_failed == 0 and len(local.trials) == 12
    for table in ("trials", "curves", "probes", "gradients", "references"):
        frames = [getattr(benchmark, table).drop(columns=["seconds", "run_id"], errors="ignore") for benchmark in (remote, local)]
        pd.testing.assert_frame_equal(*frames)
    assert "state_size" in set(remote.probes.probe) and set(remote.references.reference) >= {"uniform"}

    (words,) = re.findall(r"<code>(unvanish run [^<]*lag=5,model=stacked,mitigation=sign[^<]*)</code>", Path("here/report.html").read_text())
    repeated = unvanish_process(*shlex.split(html.unescape(words))[1:])
    key = ["task", "lag", "model", "mitigation", "phase", "learning_rate", "seed"]
    again = pd.read_parquet("again/trials.parquet").set_index(key)
    assert len(again) == 2 and "state_size" in (tmp_path / "again" / "columns.md").read_text(), repeated.stderr
    pd.testing.assert_series_equal(again.loss, local.trials.set_index(key).loss.loc[again.index])

    Registry.plugins.clear()
    trial = local.evaluated[(local.evaluated.model == "stacked") & (local.evaluated.lag == 5)].run_id.iloc[0]
    assert "model.keras" in unvanish_process("export", trial, "model.keras", "--output", "here").stdout
    Path("my profiles/stacked.py").rename("moved.py")
    refused = unvanish_process("export", trial, "again.keras", "--output", "here", status=2)
    assert "the plug-in stacked.py that the benchmark was run with is not at" in refused.stderr and refused.stderr.count("\n") == 1
    unvanish_process("export", trial, "again.keras", "--output", "here", "--plugin", "moved.py")


def test_they_are_listed_and_planned_beside_what_ships(file):
    sign, parity = file(SIGN, "sign.py"), file(PARITY, "parity.py")
    listed = json.loads(unvanish("list", "--json", "--plugin", sign, "--plugin", parity).stdout)
    assert [entry["parameters"] for entry in listed["mitigations"] if entry["name"] == "sign"] == [{"size": 0.01}]
    assert [entry["name"] for entry in listed["tasks"]][-1] == "parity" and len(listed["tasks"]) > 1
    planned = json.loads(unvanish("plan", "smoke", "--json", "--plugin", sign).stdout)
    assert "sign" in {entry["mitigation"] for entry in planned["conditions"]} and [plugin["name"] for plugin in planned["plugins"]] == ["sign.py"]


def test_a_profile_names_them_from_its_own_folder(file, tmp_path):
    file(SIGN, "cures.py")
    smoke = (ROOT / "suite" / "profiles" / "smoke.toml").read_text()
    profile = file(smoke.replace('"relu", "frozen"]', '"relu", "sign(size=0.1)"]\nplugins = ["cures.py"]'), "mine.toml")
    assert "sign(size=0.1)" in {condition.mitigation for condition in make_plan(load(str(profile))).conditions}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x = 1\ny = z\n", "mine.py cannot be loaded: line 2: NameError: name 'z' is not defined"),
        ("def f(:\n", "mine.py cannot be loaded: line 1: SyntaxError"),
        ("def f():\n    return 1 / 0\nMODEL = f()\n", "mine.py cannot be loaded: line 2: ZeroDivisionError"),
        ("x = 1\n", "mine.py defines none of TASK, MODEL, MITIGATION, PROBE"),
        (SIGN.replace("MITIGATION = Sign", "MODEL = Sign"), "calls MODEL is no model"),
        (SIGN.replace('name = "sign"', 'name = "rmsprop"'), "has a mitigation called 'rmsprop', and there is one already"),
    ],
)
def test_a_broken_one_ends_in_one_sentence_with_its_line(file, source, sentence):
    done = unvanish("plan", "smoke", "--plugin", file(source), status=2)
    assert sentence in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_one_that_is_missing_ends_in_one_sentence(tmp_path):
    done = unvanish("list", "--plugin", tmp_path / "none.py", status=2)
    assert done.stderr == f"unvanish: the plug-in {tmp_path / 'none.py'} cannot be read (No such file or directory); give the path of a Python file\n"


def test_an_installed_package_offers_entries(monkeypatch, tmp_path):
    """As importlib finds them: a distribution with an entry point on the path."""
    (tmp_path / "cures_of_mine.py").write_text(SIGN)
    info = tmp_path / "cures_of_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cures-of-mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[unvanish.mitigations]\nsign = cures_of_mine:MITIGATION\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed.cache_clear()
    try:
        assert find("sign(size=0.5)").parameters == {"sign.size": 0.5} and MITIGATIONS.names[-1] == "sign"
        digest = plugins.digest(SIGN.encode())
        assert version_of_class(MITIGATIONS["sign"]) == [digest, 1] and environment().versions["cures_of_mine"] == digest
    finally:
        installed.cache_clear()


def test_the_registries_know_only_those_in_use(file):
    first, second = plugins.read(file(SIGN, "first.py")), plugins.read(file(STACKED, "second.py"))
    plugins.activate([first, second])
    assert "sign" in MITIGATIONS.names and "stacked" in MODELS.names
    plugins.activate([second])
    assert "sign" not in MITIGATIONS.names and "stacked" in MODELS.names and plugins.active() == (second,)


def test_the_cell_of_the_documentation_has_the_gradients_of_its_equation(file):
    """Against automatic differentiation of the example's own words."""
    import numpy as np
    import tensorflow as tf

    from tests.support.networks import loss_and_gradients, network, sizes, stacked, training_batch

    plugins.add(file(JANET))
    with silence_stderr():
        task = TASKS["first_symbol"](5)
        weights = stacked([MODELS["janet"].initial_weights(sizes(task, 4), seed) for seed in (1, 2)])
        trials, settings = network(task, MODELS["janet"], 4, ["none", "relu"])
        inputs, targets = training_batch(task, 3)
        actual = loss_and_gradients(trials, settings, weights, inputs, targets)
    for trial, activation in enumerate((tf.tanh, tf.nn.relu)):
        mine = {name: weight[trial] for name, weight in weights.items()}
        with tf.GradientTape() as tape:
            tape.watch(mine)
            h = tf.zeros([3, 4])
            for x in inputs[:, 0]:
                f, candidate = tf.split(x @ mine["kernel"] + mine["bias"] + h @ mine["recurrent_kernel"], 2, axis=1)
                h = tf.sigmoid(f) * h + (1 - tf.sigmoid(f)) * activation(candidate)
            logits = h @ mine["output_kernel"] + mine["output_bias"]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
        for name, expected in tape.gradient(loss, mine).items():
            np.testing.assert_allclose(actual.gradients[name][trial], expected, rtol=1e-4, atol=1e-7)


def test_a_broken_entry_point_ends_in_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "broken_of_mine.py").write_text("raise RuntimeError('no')")
    info = tmp_path / "broken_of_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-of-mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[unvanish.models]\nbroken = broken_of_mine:MODEL\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed.cache_clear()
    with pytest.raises(UsageError, match=r"broken_of_mine:MODEL of the package broken-of-mine cannot be loaded \(no\)"):
        _ = MODELS.names
    installed.cache_clear()
