"""What the same command trains when it is given again: with made-up training, whose results are stored and read back as they are."""

from contextlib import nullcontext
from importlib import import_module

import pytest

import unvanish
from tests.support.benchmarks import failed, results
from tests.support.commands import unvanish as command
from unvanish.suite.execution import step_costs
from unvanish.suite.experiment.plan import load_plan, select
from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.tracking import Tracker, default_uri

run_module = import_module("unvanish.suite.run")  # its package has the function under the same name
SELECTED = "task=first_symbol,model=feedforward,mitigation=none|rmsprop|relu"
LABELS = [condition.label for condition in select(load_plan("smoke"), SELECTED).conditions]


class Training:
    """Stands for `train`: writes made-up results of what is pending.

    fails         the labels of conditions that fail to run
    interrupted   so many conditions are trained before the run is interrupted
    timed         the labels of the conditions whose training step is timed
    """

    def __init__(self):
        self.trained, self.fails, self.interrupted, self.figures = [], set(), None, {}
        self.timed = []

    def __call__(self, pending, unreferenced, untimed, client, writer, *_):
        costs = [StepCost(condition, 1.0, 1.0, 1.0, 1.0, 7) for cohort in untimed for condition in cohort.conditions]
        self.timed = [cost.condition.label for cost in costs]
        for cohort in pending.cohorts:
            made = {True: failed(cohort), False: results(cohort, **self.figures)}
            for condition in cohort.conditions:
                if len(self.trained) == self.interrupted:
                    raise KeyboardInterrupt
                self.trained.append(condition.label)
                writer.record([result for result in made[condition.label in self.fails] if result.trial.condition == condition])
        writer.record_step_costs(costs)


class Client:
    """Stands for a client of a cluster with one worker."""

    def scheduler_info(self, n_workers):
        return {"workers": {"one": {}}}


@pytest.fixture
def training(monkeypatch):
    made = Training()
    monkeypatch.setattr(run_module, "train", made)
    monkeypatch.setattr("unvanish.suite.execution.clusters.local_workers", lambda count: nullcontext(Client()))
    for name in ("unvanish.reports.pages.benchmark.contents", "unvanish.reports.pages.benchmark.drawings"):
        monkeypatch.setattr(name, lambda *_: None)
    for name in ("unvanish.reports.write.write", "unvanish.reports.figures.files.write_drawings"):
        monkeypatch.setattr(name, lambda *_: [])
    return made


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A store without runs, since its creation takes seconds."""
    folder = tmp_path_factory.mktemp("empty")
    Tracker(default_uri(folder), folder)
    return folder / "mlflow.db"


@pytest.fixture
def run(empty, tmp_path, training):
    """Run the command in a folder; return what was trained, and the benchmark."""
    (tmp_path / "mlflow.db").write_bytes(empty.read_bytes())

    def call(**options):
        lines = []

        class Lines(unvanish.ProgressCallback):
            def message(self, line):
                lines.append(line)

        training.trained = []
        benchmark = unvanish.run("smoke", tmp_path, select=SELECTED, callback=Lines(), **options)
        return training.trained, benchmark, lines

    return call


def benchmark_run(benchmark, tmp_path):
    return Tracker(default_uri(tmp_path), tmp_path).client.get_run(benchmark.run_id)


def test_failed_conditions_stay_failed_and_are_told_until_they_are_tried_again(run, training, tmp_path):
    training.fails = {LABELS[1]}
    trained, benchmark, _ = run()
    n_failed = int((benchmark.trials.status == "failed").sum())
    assert trained == LABELS and benchmark.n_failed == n_failed > 0
    trained, benchmark, lines = run()
    assert trained == [] and benchmark.n_failed == n_failed and benchmark_run(benchmark, tmp_path).info.status == "FAILED"
    assert "2 conditions are done already; --fresh trains them anew" in lines
    assert "1 conditions failed to run before; --retry-failed tries them again" in lines
    done = command("run", "smoke", "--output", tmp_path, "--select", SELECTED)
    assert done.returncode == 1 and training.trained == []
    assert f"{n_failed} trials could not be run, and count neither for nor against anything; --retry-failed tries them again" in done.stderr
    trained, benchmark, _ = run(retry_failed=True)
    assert trained == [LABELS[1]] and benchmark.n_failed == n_failed
    training.fails = set()
    trained, benchmark, _ = run(retry_failed=True)
    assert trained == [LABELS[1]] and benchmark.n_failed == 0 and benchmark_run(benchmark, tmp_path).info.status == "FINISHED"
    assert run()[0] == []


def test_what_failed_outside_the_selection_is_not_counted(run, training, tmp_path):
    training.fails = set(LABELS)
    run()
    training.fails = set()
    assert unvanish.run("smoke", tmp_path, select="task=first_symbol,model=rnn,mitigation=none").n_failed == 0


def test_an_interrupted_fresh_run_stays_fresh_when_it_is_resumed(run, training, tmp_path):
    run()
    training.interrupted, training.figures = 1, {"metric": 1.0}
    with pytest.raises(KeyboardInterrupt):
        run(fresh=True)
    assert training.trained == LABELS[:1]
    partly = unvanish.load(tmp_path)
    assert set(partly.evaluated.mitigation) == {LABELS[0].split()[-1]} and set(partly.evaluated.diagnosis) == {"solved"}
    training.interrupted = None
    trained, benchmark, _ = run()
    assert trained == LABELS[1:] and set(benchmark.evaluated.diagnosis) == {"solved"} and benchmark.run_id == partly.run_id
    assert run()[0] == []


def test_an_interrupted_run_goes_on_with_what_is_unfinished(run, training):
    training.interrupted = 2
    with pytest.raises(KeyboardInterrupt):
        run()
    training.interrupted = None
    assert run()[0] == LABELS[2:]


def test_a_condition_with_a_damaged_file_is_trained_again_and_it_alone(run, tmp_path):
    _, benchmark, _ = run()
    trial = benchmark.evaluated[benchmark.evaluated.mitigation == "relu"].run_id.iloc[0]
    (tmp_path / "artifacts" / trial / "artifacts" / "weights.npz").write_bytes(b"PK")
    trained, again, lines = run()
    label = next(label for label in LABELS if label.endswith("relu"))
    assert trained == [label] and f"1 condition has damaged files: {label} (weights.npz differs from what was written)" in "\n".join(lines)
    assert len(again.trials) == len(benchmark.trials) and again.network(again.evaluated[again.evaluated.mitigation == "relu"].run_id.iloc[0])
    assert run()[0] == []


def test_the_command_that_is_kept_has_the_options_that_were_given(run, training):
    training.fails = set(LABELS)
    assert run(retry_failed=True)[1].context["command"].endswith("--retry-failed")


def test_training_steps_are_timed_once_and_those_of_an_earlier_version_when_it_is_gone_on_with(run, training, monkeypatch):
    """Everything of the first call is done already when the second finds that no step was timed."""
    monkeypatch.setattr(run_module, "command_of", lambda *_: "")
    monkeypatch.setattr(f"{__name__}.SELECTED", "task=first_symbol,model=rnn,mitigation=none|rmsprop|frozen")
    trained, benchmark, _ = run()
    assert len(trained) == 3 and benchmark.step_costs.empty and training.timed == []  # a benchmark of seconds
    monkeypatch.setattr(step_costs, "MIN_WORK", 0)
    trained, benchmark, _ = run()
    assert trained == [] and training.timed == ["first_symbol lag 4 rnn none", "first_symbol lag 4 rnn rmsprop"]
    assert list(benchmark.step_costs.mitigation) == ["none", "rmsprop"]
    training.timed = []
    assert run()[0] == [] and training.timed == []
