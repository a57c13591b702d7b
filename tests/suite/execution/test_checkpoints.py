"""A cohort whose training was interrupted goes on from its checkpoint to the same numbers, to the bit; what is damaged or of others is refused."""

import dataclasses
import errno
import io
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from math import inf
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from tests.suite.execution.test_plugin_failures import UPDATE, cure
from tests.suite.execution.test_protocol import assert_equal_to_the_bit
from tests.support.benchmarks import smoke
from unvanish.suite import plugins
from unvanish.suite.execution import cohorts, progress, worker
from unvanish.suite.execution.checkpoints import checkpoint, exchange, file_format
from unvanish.suite.execution.checkpoints.checkpoint import Checkpointer
from unvanish.suite.execution.checkpoints.file_format import DamagedCheckpoint
from unvanish.suite.execution.checkpoints.folder import CheckpointFolder
from unvanish.suite.execution.clusters import local_workers
from unvanish.suite.execution.cohorts import Notice, Progress, Submission, Submissions
from unvanish.suite.execution.isolation import run_apart
from unvanish.suite.execution.protocol import run_cohort
from unvanish.suite.experiment.plan import Cohort, Condition, load_plan, select
from unvanish.suite.experiment.trial import TrainedTrial
from unvanish.suite.experiment.trial_arrays import from_arrays, to_arrays
from unvanish.suite.experiment.tuning import RateGrid
from unvanish.suite.experiment.versions import environment
from unvanish.suite.export import to_keras
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, KerasModel
from unvanish.suite.training import program_size
from unvanish.tasks.registry import Registry

ENVIRONMENT = environment()
KINDS, RATES = ("none", "truncated_bptt(window=3)", "gradient_clipping(threshold=1.5)", "rmsprop", "relu"), RateGrid((0.02, 0.1, 1e30), 5.0, 5)


class Killed(BaseException):
    """Ends a training as the end of its process does: nothing of the code may catch it."""


@dataclasses.dataclass
class Process:
    """Trains a cohort with a checkpoint after each block, and is killed after some of them; what it reported, and its newest checkpoint.

    run   `run_cohort`, or what has its arguments
    """

    cohort: Cohort
    run: object = run_cohort

    def __post_init__(self):
        self.newest, self.lines, self.told = None, [], []

    def train(self, blocks=None, environment=ENVIRONMENT):
        """Train until so many blocks were reported, or to the end; the results, None if it was killed."""
        self.told.append([])

        def on_block(trial_steps, trials):
            self.told[-1].append((trial_steps, trials))
            if len(self.told[-1]) == blocks:
                raise Killed

        def store(content):
            self.newest = content

        checkpointer = Checkpointer(store, environment, 0.0, self.newest, self.lines.append)
        try:
            return self.run(self.cohort, on_block, lambda probe, reason: None, checkpointer)
        except Killed:
            return None


def cohort_of(mitigations, rates, model="rnn", steps=40, evaluate_every=10):
    (cohort,) = select(smoke(), f"task=first_symbol,model={'rnn' if model == 'rnn' else 'feedforward'},mitigation=none").cohorts
    combinations = tuple(map(find, mitigations))
    budget = dataclasses.replace(cohort.budget, steps=steps, evaluate_every=evaluate_every)
    conditions = tuple(Condition(cohort.task, model, combination, rates, budget) for combination in combinations)
    return Cohort(cohort.task, model, conditions, combinations, cohort.task.length)


@pytest.fixture(scope="module", autouse=True)
def narrow_programs():
    """Programs of four trials, so that a wave has several groups."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program_size, "MAX_TRIALS", 4)
        yield


@pytest.fixture(scope="module")
def cohort():
    """Searches that go on for different numbers of rates; copies; a window of truncated BPTT; slots; trials that diverge."""
    return cohort_of(KINDS, RATES)


@pytest.fixture(scope="module")
def undisturbed(cohort):
    process = Process(cohort)
    results, _ = process.train()
    return results, process.told[0]


def assert_same(results, expected):
    assert_equal_to_the_bit(results, expected)
    assert [result.trained.copy_of for result in results] == [result.trained.copy_of for result in expected]


def test_the_cohort_has_what_must_be_restored(cohort, undisturbed):
    results, told = undisturbed
    waves = [trials for trials, _ in itertools.groupby(told, key=lambda block: block[1])]
    assert len(waves) >= 3 and len({result.trial.learning_rate for result in results}) > 3
    assert any(result.trained.copy_of for result in results) and any(result.trained.diverged_at for result in results)


@pytest.mark.parametrize("seed", [1, 2])
def test_interrupted_at_random_blocks_again_and_again_it_ends_with_the_same_numbers(cohort, undisturbed, seed):
    results, told = undisturbed
    process, draw = Process(cohort), random.Random(seed)
    while (outcome := process.train(draw.randint(2, 9))) is None:  # the first report is what the checkpoint holds
        assert not process.lines
    assert len(process.told) > 3
    assert_same(outcome[0], results)
    total = sum(trial_steps for trial_steps, _ in told)
    assert sum(trial_steps for trial_steps, _ in process.told[-1]) == total == len(results) * cohort.budget.steps
    assert process.told[-1][-1][1] == told[-1][1]


def test_the_seconds_before_the_interruption_count(cohort):
    process = Process(cohort)
    process.train(6)
    held = checkpoint.decode(process.newest, checkpoint.identity(cohort, ENVIRONMENT))
    _, seconds = process.train()
    assert all(seconds[part] > held.seconds[part] > 0 for part in ("training", "evaluation", "probes", "drawing"))


class Normalised(KerasModel):
    """With a layer that is random and one that keeps running means."""

    name = "normalised"
    version = 1

    def build(self, sizes):
        layers = (keras.layers.Dense(sizes.hidden), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3), keras.layers.Dense(sizes.output))
        return keras.Sequential([keras.Input((sizes.length, sizes.input)), *layers])


def test_layers_with_running_means_and_randomness_go_on_where_they_were(monkeypatch):
    monkeypatch.setitem(MODELS.own, Normalised.name, Normalised())
    cohort = cohort_of(("none", "adam"), RateGrid((0.1,), 5.0, 1), Normalised.name)
    expected, _ = Process(cohort).train()
    process = Process(cohort)
    assert process.train(3) is None
    assert_same(process.train()[0], expected)
    held = checkpoint.decode(process.newest, checkpoint.identity(cohort, ENVIRONMENT))
    assert {values.dtype.kind for values in held.wave.arrays.values()} >= set("fib") and any("mean" in name for name in expected[0].trained.weights)


def test_trials_become_arrays_and_trials_again(undisturbed):
    trained = [result.trained for result in undisturbed[0]]
    again = from_arrays([each.trial for each in trained], to_arrays(trained))
    for one, other in zip(trained, again, strict=True):
        np.testing.assert_equal(dataclasses.asdict(dataclasses.replace(other, copy_of=one.copy_of)), dataclasses.asdict(one))
        assert [type(getattr(one, field.name)) for field in dataclasses.fields(TrainedTrial)] == [
            type(getattr(other, field.name)) for field in dataclasses.fields(TrainedTrial)
        ]


@pytest.fixture(scope="module")
def interrupted(cohort):
    """A checkpoint in the second wave."""
    process = Process(cohort)
    process.train(8)
    return process.newest


def test_a_checkpoint_is_an_npz_file_after_its_digest_and_header(interrupted):
    _, header, rest = interrupted.split(b"\n", 2)
    with np.load(io.BytesIO(rest), allow_pickle=False) as archive:
        assert len(archive.files) == len(json.loads(header)["arrays"])


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 1.0])
def test_a_changed_byte_is_refused(interrupted, place):
    changed = bytearray(interrupted)
    changed[int(place * (len(changed) - 1))] ^= 1
    with pytest.raises(DamagedCheckpoint):
        file_format.check(bytes(changed))


@pytest.mark.parametrize("length", [0, 10, 64, 65, 1000, -1])
def test_a_part_of_a_checkpoint_is_refused(interrupted, length):
    with pytest.raises(DamagedCheckpoint):
        file_format.check(interrupted[:length])


def test_arrays_of_objects_are_never_stored_nor_loaded():
    with pytest.raises(TypeError):
        file_format.to_bytes({}, {"odd": np.array([{}], object)})
    archive = io.BytesIO()
    np.savez(archive, np.array([{}], object))
    header = json.dumps({"arrays": ["odd"]}).encode()
    content = header + b"\n" + archive.getvalue()
    with pytest.raises(DamagedCheckpoint):
        file_format.from_bytes(file_format.hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def test_another_code_other_conditions_or_other_mitigations_do_not_go_on_from_it(cohort, interrupted):
    def found(cohort, environment=ENVIRONMENT):
        lines = []
        return Checkpointer(lambda content: None, environment, 0.0, interrupted, lines.append).find(cohort), lines

    assert found(cohort)[0].ended
    other_steps = tuple(dataclasses.replace(each, budget=dataclasses.replace(each.budget, steps=80)) for each in cohort.conditions)
    for other in (
        dataclasses.replace(cohort, conditions=cohort.conditions[1:]),
        dataclasses.replace(cohort, conditions=cohort.conditions[::-1]),
        dataclasses.replace(cohort, conditions=other_steps),
        dataclasses.replace(cohort, planned=cohort.planned[:-1]),
        dataclasses.replace(cohort, max_length=cohort.max_length + 1),
    ):
        assert found(other) == (None, [])
    assert found(cohort, dataclasses.replace(ENVIRONMENT, source="other")) == (None, [])


def damaged(content, change):
    """A checkpoint whose digest is right and whose content does not fit."""
    header, arrays = file_format.from_bytes(content)
    change(header, arrays)
    header.pop("arrays")
    return file_format.to_bytes(header, arrays)


CHANGES = {
    "weights of another shape": lambda header, arrays: arrays.update({"wave.state.0": arrays["wave.state.0"][:, 1:]}),
    "a missing array": lambda header, arrays: arrays.pop("wave.record.seconds"),
    "trials of other rates": lambda header, arrays: header["keys"][0].__setitem__(2, 0.5),
    "fewer trials in a wave that has ended": lambda header, arrays: arrays.update({"0.loss": arrays["0.loss"][1:]}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_fit_is_told_and_trained_again(cohort, undisturbed, interrupted, change):
    process = Process(cohort)
    process.newest = damaged(interrupted, CHANGES[change])
    process.train(1)
    (line,) = process.lines
    assert line.startswith("the checkpoint of first_symbol lag 4 rnn is damaged (") and line.endswith("; what it held is trained again")
    assert process.told[0] == undisturbed[1][:1]  # the first block of the first wave


def test_a_checkpoint_that_cannot_be_stored_costs_no_trial(cohort, undisturbed, monkeypatch):
    def fail(*given):
        raise TypeError("no such type")

    monkeypatch.setattr(checkpoint, "encode", fail)
    process = Process(cohort)
    results, _ = process.train()
    assert_same(results, undisturbed[0])
    (line,) = process.lines
    assert "no checkpoints of first_symbol lag 4 rnn can be stored (no such type)" in line


def test_they_are_taken_at_the_first_block_that_ends_after_the_interval(cohort, monkeypatch):
    monkeypatch.setattr(checkpoint, "encode", lambda taken, of: taken)
    clock, taken = [0.0], []
    checkpointer = Checkpointer(taken.append, ENVIRONMENT, 120.0, now=lambda: clock[0])
    for clock[0] in (60.0, 119.0, 130.0, 200.0, 249.0, 250.0, 1000.0, 1001.0):
        checkpointer.after_block(cohort, lambda: clock[0])
    assert taken == [130.0, 250.0, 1000.0]


def test_a_checkpoint_is_of_the_attempt_without_what_fails(tmp_path, undisturbed):
    """A mitigation that fails is tried again first; what was trained without it is not."""
    (tmp_path / "mine.py").write_text(cure([*UPDATE, "    raise ValueError('no such thing')"]))
    plugins.add(tmp_path / "mine.py")
    try:
        process = Process(cohort_of((*KINDS, "Broken"), RATES), run_apart)
        assert process.train(4) is None
        outcome = process.train()
        assert_same([result for result in outcome.results if result.status == "finished"], undisturbed[0])
        assert len(outcome.failures) == 1 and "no such thing" in outcome.failures[0] and not process.lines
        assert process.told[1][0][0] == sum(trial_steps for trial_steps, _ in process.told[0][:3])  # what the checkpoint held
    finally:
        Registry.plugins.clear()


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "checkpoints", 120.0, ENVIRONMENT)


def test_a_checkpoint_is_on_disk_until_its_cohort_has_ended(folder, cohort, interrupted):
    other = dataclasses.replace(cohort, conditions=cohort.conditions[1:])
    assert folder.load(cohort) is None
    folder.store(cohort, interrupted)
    folder.store(cohort, interrupted)
    assert folder.load(cohort) == interrupted and folder.load(other) is None and len(list(folder.path.iterdir())) == 1
    assert folder.begin([cohort, other], fresh=False) == [] and folder.load(cohort) == interrupted
    folder.remove(cohort)
    folder.remove(other)
    assert not folder.path.exists()


def test_a_fresh_training_removes_those_of_its_cohorts_alone(folder, cohort, interrupted):
    other = dataclasses.replace(cohort, conditions=cohort.conditions[1:])
    for each in (cohort, other):
        folder.store(each, interrupted)
    assert folder.begin([cohort], fresh=True) == []
    assert folder.load(cohort) is None and folder.load(other) == interrupted


def test_what_is_damaged_is_set_aside_with_a_sentence(folder, cohort, interrupted):
    folder.store(cohort, interrupted[:-100])
    (folder.path / ".half.checkpoint.unfinished").write_bytes(b"1")
    (line,) = folder.begin([cohort], fresh=False)
    (aside,) = folder.path.iterdir()
    assert aside.suffix == ".damaged" and aside.read_bytes() == interrupted[:-100] and folder.load(cohort) is None
    assert line.startswith(f"the checkpoint of first_symbol lag 4 rnn is damaged (its content is not what was written) and kept as {aside}; ")


def test_what_other_code_has_taken_is_removed_with_a_sentence(folder, cohort, interrupted):
    folder.store(cohort, interrupted)
    changed = dataclasses.replace(folder, environment=dataclasses.replace(ENVIRONMENT, source="other"))
    (line,) = changed.begin([cohort], fresh=False)
    assert line.startswith("the checkpoint of first_symbol lag 4 rnn was taken by other code") and not folder.path.exists()


def test_the_name_of_a_file_is_of_few_characters_whatever_the_task_is_called(folder, cohort):
    hostile = dataclasses.replace(cohort, model="../</script> %\n" + "x" * 300)
    assert folder.file(hostile).parent == folder.path and re.fullmatch(r"[A-Za-z0-9-]{1,100}\.checkpoint", folder.file(hostile).name)


@dataclasses.dataclass
class Worker:
    """What `train_cohort` uses of Dask's worker: the events that it logs go to a function."""

    hear: object
    address: str = "here"

    def log_event(self, topic, event):
        self.hear(event)


@pytest.fixture
def train_on_worker(cohort, monkeypatch):
    """Trains the cohort as a worker does, and gives its events to a function."""
    monkeypatch.setattr(to_keras, "best_models", lambda results: ({}, []))
    monkeypatch.setattr(progress, "INTERVAL", 0.0)  # so that it tells of every block

    def train(hear, interval=0.0, promised=False):
        monkeypatch.setattr(worker, "get_worker", lambda: Worker(hear))
        return worker.train_cohort(cohort, "key", "topic", worker.LOADED, interval, promised)

    return train


@pytest.mark.parametrize("late", [0, 3], ids=["before it begins", "after its third block"])
def test_a_worker_goes_on_from_the_checkpoint_that_it_is_handed(cohort, undisturbed, train_on_worker, late):
    """The other process fetches what a worker tells of, the worker is killed, and another one is handed it."""
    fetched, events = [], []

    def follow_the_first(event):
        if event.get("checkpoint"):
            fetched.append((event["done"], exchange.newest_checkpoint(event["key"])))
        if len(fetched) == 7:
            raise Killed

    with pytest.raises(Killed):
        train_on_worker(follow_the_first)
    done, content = fetched[-1]
    assert exchange.newest_checkpoint("key") is None and len({content for _, content in fetched}) == 7

    def follow_the_second(event):
        events.append(event)
        blocks = [each for each in events if each["done"]]
        if (event.get("begins") and not late) or (late and len(blocks) == late and event is blocks[-1]):
            exchange.receive_checkpoint(event["key"], content)

    trained = train_on_worker(follow_the_second, interval=inf, promised=not late)
    assert_same(trained.results, undisturbed[0])
    assert not trained.warnings and not trained.failures
    blocks = [event["done"] for event in events if event["done"]]
    assert [event.get("begins", False) for event in events].count(True) == 1
    assert blocks[late] == done and blocks == sorted(blocks) and len(blocks) < late + len(undisturbed[1]) - 5
    assert blocks[-1] == len(trained.results) * cohort.budget.steps


def test_a_checkpoint_that_never_comes_is_not_waited_for_for_ever(undisturbed, train_on_worker, monkeypatch):
    monkeypatch.setattr(worker, "HANDOVER_TIMEOUT", 0.01)
    assert_same(train_on_worker(lambda event: None, interval=inf, promised=True).results, undisturbed[0])


class Client:
    """What `Submissions` uses of Dask's client: calls on workers are made here, or fail as those on a worker that has gone."""

    status, cluster, scheduler = "running", None, SimpleNamespace(address="tcp://10.0.0.1:8786")

    def __init__(self, gone=()):
        self.gone, self.ended = gone, threading.Event()

    def subscribe_topic(self, topic, heard):
        self.heard = heard

    def run(self, function, *arguments, workers):
        try:
            if set(workers) & set(self.gone):
                raise OSError("no such worker")
            return {workers[0]: function(*arguments)}
        finally:
            self.ended.set()


def submissions(client, folder, cohort):
    """The submissions of a run that wait for one cohort."""
    waiting = Submissions(client, checkpoints=folder)
    waiting.pending["key"] = Submission(cohort, None, 0, frozenset(), deaths=0)
    return waiting


def test_what_a_worker_tells_of_is_stored_and_what_one_begins_is_handed_to_it(folder, cohort, interrupted):
    waiting = submissions(client := Client(), folder, cohort)
    with exchange.exchange_for("key") as of_worker:
        of_worker.newest = interrupted
        for done, more in ((0, {"begins": True}), (0, {}), (310, {}), (310, {"checkpoint": True}), (320, {})):
            client.heard((0, {"key": "key", "worker": "first", "done": done, "trials": 25} | more))
        assert waiting.next_event() == Progress(cohort, 310, 25)
        assert waiting.next_event() == Progress(cohort, 10, 25)
        assert client.ended.wait(10)
        client.heard((0, {"key": "key", "worker": "first", "done": 330, "trials": 25}))
        assert waiting.next_event() == Progress(cohort, 10, 25) and of_worker.handed is None
        client.heard((0, {"key": "key", "worker": "second", "begins": True, "done": 0, "trials": 25}))  # the first one has died
        client.heard((0, {"key": "key", "worker": "second", "done": 320, "trials": 25}))  # from the checkpoint
        client.heard((0, {"key": "key", "worker": "second", "done": 370, "trials": 25}))
        assert waiting.next_event() == Progress(cohort, 40, 25)
        assert of_worker.arrived.wait(10) and of_worker.handed == interrupted == folder.load(cohort)


def test_a_full_disk_is_told_and_the_older_checkpoint_kept(folder, cohort, interrupted, monkeypatch):
    waiting = submissions(Client(), folder, cohort)
    folder.store(cohort, interrupted)

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(folder.path), "write_bytes", full)
    waiting.events.put(exchange.Fetched("key", b"newer"))
    told = waiting.next_event()
    assert isinstance(told, Notice) and told.line.startswith(f"the checkpoint of {cohort.label} cannot be stored (No space left on device)")
    assert folder.load(cohort) == interrupted


def test_what_comes_after_a_cohort_has_ended_is_not_stored(folder, cohort, interrupted):
    waiting = submissions(Client(), folder, cohort)
    waiting.forget("key")
    assert waiting.store(exchange.Fetched("key", interrupted)) is None and not folder.path.exists()


def test_a_worker_that_has_gone_gives_and_is_given_nothing(folder, cohort, interrupted, capfd):
    client = Client(gone={"here"})
    exchange.fetch_checkpoint(client, "key", "here", pytest.fail)
    assert client.ended.wait(10)
    exchange.hand_over_checkpoint(client, "key", "here", interrupted)
    for thread in threading.enumerate():
        if thread.daemon and "run" in thread.name:
            thread.join(10)
    assert capfd.readouterr().err == ""


PROFILE = """
description = "some seconds of training"
models = ["rnn"]
mitigations = ["none", "rmsprop"]
hidden_size = 8
batch_size = 8
steps = 600
evaluate_every = 10
validation_sequences = 64
test_sequences = 64
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101, 102]

[learning_rates]
count = 2
most = 3
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003

[[task]]
name = "first_symbol"
lags = [4]
"""
COMMAND = "from unvanish.suite.execution.checkpoints import folder; folder.INTERVAL = 0.2; from unvanish.suite.cli import main; main()"
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_with_the_tables_of_one_that_is_not(tmp_path):
    (tmp_path / "long.toml").write_text(PROFILE)

    def begin(output, **options):
        command = [sys.executable, "-c", COMMAND, "run", str(tmp_path / "long.toml"), "--output", str(output), "--workers", "1"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True, **options)

    def end(process, status=0):
        errors = process.communicate(timeout=400)[1]
        assert process.returncode == status and "Traceback" not in errors, errors
        return errors

    end(begin(tmp_path / "undisturbed"))
    output, lines = tmp_path / "killed", []
    for _ in range(3):
        process, before = begin(output), {file: file.read_bytes() for file in (output / "checkpoints").glob("*")}
        while process.poll() is None and {file: file.read_bytes() for file in (output / "checkpoints").glob("*.checkpoint")} in ({}, before):
            time.sleep(0.05)
        process.kill()
        lines.append(end(process, -signal.SIGKILL))
    lines.append(end(begin(output)))
    assert "checkpoints" not in lines[0] and all("1 of 1 cohorts go on from their checkpoints" in each for each in lines[1:])
    for table in ("trials", "curves", "gradients"):
        one, other = (pd.read_parquet(folder / f"{table}.parquet") for folder in (tmp_path / "undisturbed", output))
        compared = [column for column in one.columns if column not in ("run_id", "seconds", "benchmark", "trial")]
        pd.testing.assert_frame_equal(one[compared], other[compared], check_exact=True)
    assert not (output / "checkpoints").exists()


@pytest.mark.slow
def test_what_a_killed_worker_trained_is_not_trained_again_by_the_next(folder, tmp_path, monkeypatch):
    (tmp_path / "long.toml").write_text(PROFILE)
    folder, handed = dataclasses.replace(folder, interval=0.2), []
    monkeypatch.setattr(cohorts, "hand_over_checkpoint", lambda *given: handed.append(given[3]) or exchange.hand_over_checkpoint(*given))
    (long,) = load_plan(str(tmp_path / "long.toml")).cohorts
    events = []
    with local_workers(1) as client:
        for event in cohorts.run([long], client, checkpoints=folder):
            events.append(event)
            if folder.path.exists() and not handed:
                (process,) = client.run(os.getpid).values()
                os.kill(process, signal.SIGKILL)
                handed.append(b"")
    assert len(handed) == 2 and handed[1]
    done = events[-1]
    assert done.failure is None
    assert sum(event.trial_steps for event in events if isinstance(event, Progress)) == len(done.results) * long.budget.steps
    monkeypatch.undo()
    assert_same(done.results, run_cohort(long)[0])
