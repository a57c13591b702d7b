"""A store that goes away, seen through MLflow's own client: nothing that was trained is lost, nothing is there twice, and nothing is left running."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from tests.support.benchmarks import results, smoke
from tests.support.commands import unvanish
from tests.support.states import finished
from unvanish.suite.experiment.plan import select
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tracking import Tracker, default_uri, read, retries, rows, sending, staging
from unvanish.suite.tracking.creation import artifacts_beside
from unvanish.suite.tracking.outbox import UNSENT
from unvanish.suite.tracking.requests import RequestWriter
from unvanish.suite.tracking.retries import FIRST_PAUSE, LONGEST_PAUSE, WAIT
from unvanish.suite.tracking.rows import RowWriter
from unvanish.suite.tracking.staged import read_staged
from unvanish.tasks.errors import UsageError

CONTEXT = {"command": "unvanish run smoke"}
LOCKED = sqlalchemy.exc.OperationalError("INSERT", {}, Exception("database is locked"))


@pytest.fixture(scope="module")
def plan():
    return select(smoke(), "task=first_symbol|adding,model=rnn,mitigation=none|gradient_clipping")


class Time:
    """A clock that only sleeping moves, and the pauses that were slept."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds):
        self.now += seconds
        self.pauses.append(seconds)


@pytest.fixture
def time(monkeypatch):
    made = Time()
    monkeypatch.setattr(retries, "clock", lambda: made.now)
    monkeypatch.setattr(retries, "sleep", made.sleep)
    return made


@pytest.fixture
def lines():
    return []


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    """An empty store, which is copied: to create one takes a second."""
    folder = tmp_path_factory.mktemp("empty")
    Tracker(default_uri(folder), folder)
    return folder / "mlflow.db"


def copy_store(empty_database, folder):
    folder.mkdir(exist_ok=True)
    shutil.copy(empty_database, folder)
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE experiments SET artifact_location = ?", [artifacts_beside(folder / "mlflow.db")])


@pytest.fixture
def tracker(empty_database, tmp_path, time, lines):
    copy_store(empty_database, tmp_path)
    return Tracker(default_uri(tmp_path), tmp_path, lines.append)


@contextmanager
def away(error=LOCKED):
    """The store takes no condition while the block runs."""
    with patch.object(RowWriter, "commit", raising(error)):
        yield


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


def levels(folder):
    """Names and states of the runs of each level that were not deleted, and of all that are still running."""
    client = MlflowClient(default_uri(folder))
    ids = [client.get_experiment_by_name(f"unvanish/{level}").experiment_id for level in ("benchmarks", "conditions", "trials")]
    found = [sorted((run.info.run_name, run.info.status) for run in client.search_runs([level], max_results=1000)) for level in ids]
    running = client.search_runs(ids, "attributes.status = 'RUNNING'", ViewType.ALL, max_results=1000)
    return found, [run.info.run_name for run in running]


def expected(cohorts):
    """What `levels` must find of conditions and trials."""
    conditions = [condition for cohort in cohorts for condition in cohort.conditions]
    trials = [f"{condition.label} seed {seed}" for condition in conditions for seed in condition.budget.evaluation_seeds]
    return sorted((condition.label, "FINISHED") for condition in conditions), sorted((name, "FINISHED") for name in trials)


def table_rows(folder):
    """The rows of every table that a condition is written to, with names for ids and without times."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        connection.row_factory = sqlite3.Row
        found = {model.__tablename__: [dict(row) for row in connection.execute(f"SELECT * FROM {model.__tablename__}")] for model in rows.TABLES}
    names = {row["run_uuid"]: row["name"] for row in found["runs"]} | {row["model_id"]: row["name"] for row in found["logged_models"]}

    def readable(name, value):
        if name in ("end_time", "input_uuid", "creation_timestamp_ms", "last_updated_timestamp_ms") or (isinstance(value, str) and "sha256" in value):
            return "left out"
        text = str(value).replace(str(folder), "FOLDER")
        if '"trials.parquet"' in text:  # which has ids
            return sorted(json.loads(text))
        for run_id, run_name in names.items():
            text = text.replace(run_id, run_name)
        return text

    return {table: sorted(str({name: readable(name, value) for name, value in row.items()}) for row in found[table]) for table in found}


def test_rows_are_those_that_mlflow_writes_itself(empty_database, tmp_path, plan, monkeypatch):
    """The same staged folders, once through MLflow's client and once as rows; tags, params, metrics, models and what links them are equal."""
    cohort = plan.cohorts[0]
    made = results(cohort, metric=0.9)
    models = {cohort.conditions[0].fingerprint: b"not a model"}
    prepared = staging.stage_cohort(tmp_path / "staged", "0" * 32, plan.record(), "command", made, models)
    folders = [prepare() for prepare in prepared]
    for name, by_request in (("rows", False), ("requests", True)):
        monkeypatch.setattr(sending, "is_server", lambda uri, by_request=by_request: by_request)
        copy_store(empty_database, tmp_path / name)
        store = Tracker(default_uri(tmp_path / name), tmp_path / name).store
        for folder in folders:
            sending.send(store, folder, read_staged(folder), new=True)
    by_row, by_request = table_rows(tmp_path / "rows"), table_rows(tmp_path / "requests")
    assert {table: len(found) for table, found in by_request.items()} == {table: len(found) for table, found in by_row.items()}
    assert min(map(len, by_row.values())) > 0
    for table, found in by_request.items():
        assert found == by_row[table]
    kinds = [{path.name for path in (tmp_path / name / "artifacts").rglob("*") if path.is_file()} for name in ("rows", "requests")]
    assert kinds[0] == kinds[1] >= {"weights.npz", "trials.parquet", "MLmodel", "model.keras"}


def test_artifacts_are_links_and_their_digests_are_tags(tracker, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("unvanish.suite.tracking.outbox.shutil.rmtree", lambda *_, **__: None)
    tracker.open_benchmark(plan, CONTEXT, fresh=False).record(results(plan.cohorts[0]))
    for run in tracker.client.search_runs([tracker.store.conditions, tracker.store.trials]):
        folder, checksums = Path(run.info.artifact_uri.removeprefix("file://")), json.loads(run.data.tags["checksums"])
        assert checksums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        assert set(checksums) in ({"weights.npz"}, {"trials.parquet", "curves.parquet", "probes.parquet", "gradients.parquet"})
        assert all(path.stat().st_nlink == 2 for path in folder.iterdir())


def test_another_disk_gets_copies(tracker, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("os.link", raising(OSError(18, "Invalid cross-device link")))
    tracker.open_benchmark(plan, CONTEXT, fresh=False).record(results(plan.cohorts[0]))
    assert len(read(default_uri(tmp_path)).trials) == len(results(plan.cohorts[0])) and not list((tmp_path / UNSENT).glob("*/"))


def test_a_store_that_goes_away_and_comes_back_has_all_once(tracker, plan, tmp_path, time, lines):
    """It is said once, tried again at later cohorts only after a pause, and said when it is over."""
    first, second = plan.cohorts
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        with away():
            writer.record(results(first))
            writer.record_references([ReferenceResult(first.task, "mean", 0.5, 0.5)])
        assert len(lines) == 1 and "database is locked" in lines[0] and f"kept in {tmp_path / UNSENT} and sent when it can be" in lines[0]
        assert levels(tmp_path)[0][1] == [] and len(list((tmp_path / UNSENT).glob("*/"))) == len(first.conditions) + 1
        writer.record(results(second))
        assert levels(tmp_path)[0][1] == []  # the pause is not over
        time.now += FIRST_PAUSE
        writer.record_references([ReferenceResult(second.task, "mean", 0.5, 0.5)])
        assert levels(tmp_path)[0][1:] == [*expected(plan.cohorts)]
        writer.send_all()
    found, running = levels(tmp_path)
    assert found == [[("smoke", "FINISHED")], *expected(plan.cohorts)] and running == []
    assert len(lines) == 2 and lines[1].endswith("answers again") and not (tmp_path / UNSENT).exists()
    assert len(read(default_uri(tmp_path)).references) == 2


@pytest.mark.slow
def test_a_store_that_stays_away_is_waited_for_and_then_one_sentence_says_what_is_kept_until_sync_sends_it(tracker, plan, tmp_path, time, lines):
    with pytest.raises(UsageError) as error, away(), tracker.benchmark(plan, CONTEXT, fresh=False) as writer:  # noqa: PT012
        for cohort in plan.cohorts:
            writer.record(results(cohort))
        writer.send_all()
    said = str(error.value)
    assert f"4 conditions that it does not have are kept in {tmp_path / UNSENT}" in said and "database is locked" in said
    assert said.endswith(f"unvanish sync --output {tmp_path}") and "\n" not in said
    assert time.pauses == sorted(time.pauses) and max(time.pauses) == LONGEST_PAUSE and WAIT / 2 < sum(time.pauses) <= WAIT
    assert len(lines) == 1 and levels(tmp_path)[0] == [[("smoke", "RUNNING")], [], []]
    done = unvanish("sync", "--output", tmp_path)
    assert done.returncode == 0 and "sending what is kept" in done.stderr, done
    found, running = levels(tmp_path)
    assert found == [[("smoke", "FINISHED")], *expected(plan.cohorts)] and running == []
    assert (tmp_path / "report.html").is_file() and not (tmp_path / UNSENT).exists()
    assert len(pd.read_parquet(tmp_path / "trials.parquet")) == len(read(default_uri(tmp_path)).trials) == sum(len(results(cohort)) for cohort in plan.cohorts)
    again = unvanish("sync", "--output", tmp_path)
    assert (again.returncode, again.stderr.strip()) == (0, f"there is nothing to send in {tmp_path}")


@pytest.mark.parametrize("step", ["create_run", "log", "create_model", "end_model", "end_run"])
def test_what_was_interrupted_at_a_server_is_deleted_and_sent_anew(tracker, plan, tmp_path, monkeypatch, step):
    """At the second call of a step, after it has reached the server: its answer is lost."""
    monkeypatch.setattr(sending, "is_server", lambda _: True)
    (cohort, _), count, call = plan.cohorts, [], getattr(RequestWriter, step)

    def interrupted(*arguments):
        answer = call(*arguments)
        count.append(1)
        if len(count) == 2:
            raise MlflowException("the connection was lost")
        return answer

    monkeypatch.setattr(RequestWriter, step, interrupted)
    models = {condition.fingerprint: b"a model" for condition in cohort.conditions}
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        writer.record(results(cohort), models)
        assert len(tracker.outbox.pending) in (1, 2)
        writer.send_all()
    found, running = levels(tmp_path)
    assert found == [[("smoke", "FINISHED")], *expected([cohort])] and running == []
    logged = tracker.client.search_logged_models([tracker.store.conditions])
    assert {model.status for model in logged} == {"READY"} and len({model.source_run_id for model in logged}) == len(logged) == len(cohort.conditions)


def test_a_condition_whose_last_answer_was_lost_is_not_sent_twice(tracker, plan, tmp_path, monkeypatch):
    commit = RowWriter.commit

    def lost(self):
        commit(self)
        raise MlflowException("the connection was lost")

    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        monkeypatch.setattr(RowWriter, "commit", lost)
        writer.record(results(plan.cohorts[0]))
        monkeypatch.setattr(RowWriter, "commit", commit)
        writer.send_all()
    assert levels(tmp_path)[0] == [[("smoke", "FINISHED")], *expected(plan.cohorts[:1])]


def test_what_a_killed_driver_kept_is_sent_by_the_next_run_before_it_asks_what_is_done(tracker, plan, tmp_path):
    """A half-written folder is removed; the benchmark of another profile is closed as killed."""
    writer = tracker.open_benchmark(plan, CONTEXT, fresh=False)
    with away():
        writer.record(results(plan.cohorts[0]))
    (tmp_path / UNSENT / ".0-0").mkdir()
    other = select(smoke(), "task=adding,model=rnn,mitigation=none")
    other = type(other)(other.profile.model_copy(update={"name": "another", "hidden_size": 3}), other.cohorts, other.not_applicable)
    again = Tracker(default_uri(tmp_path), tmp_path)
    again.close_left(again.send_unsent(), other)
    assert finished(again) == {condition.fingerprint for condition in plan.cohorts[0].conditions}
    assert levels(tmp_path) == ([[("smoke", "KILLED")], *expected(plan.cohorts[:1])], []) and not (tmp_path / UNSENT).exists()


def test_results_for_which_the_disk_has_no_room_are_written_when_there_is(tracker, plan, tmp_path, lines):
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        with patch("os.rename", raising(OSError(28, "No space left on device"))):
            writer.record(results(plan.cohorts[0]))
            assert lines[-1].startswith("what was trained last cannot be written to") and "No space left on device" in lines[-1]
            assert not list((tmp_path / UNSENT).glob("*-*"))
            with pytest.raises(UsageError, match=r"No space left on device.*make room"):
                writer.send_all()
        writer.record(results(plan.cohorts[1]))
    assert levels(tmp_path)[0] == [[("smoke", "FINISHED")], *expected(plan.cohorts)]


def test_a_store_without_room_is_not_waited_for(tracker, plan, time):
    full = sqlalchemy.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))
    with pytest.raises(UsageError, match=r"disk is full.*2 conditions"), away(full), tracker.benchmark(plan, CONTEXT, fresh=False) as writer:  # noqa: PT012
        writer.record(results(plan.cohorts[0]))
        writer.send_all()
    assert time.pauses == []


def test_what_is_damaged_is_set_aside_and_said(tracker, plan, tmp_path, lines):
    with tracker.benchmark(plan, CONTEXT, fresh=False) as writer:
        with away():
            writer.record(results(plan.cohorts[0]))
        damaged, whole = sorted((tmp_path / UNSENT).glob("*-*"))
        (damaged / "tables" / "curves.parquet").write_bytes(b"PAR1")
        writer.send_all()
    assert any(f"what was kept in {damaged} is damaged (the file tables/curves.parquet is damaged)" in line for line in lines)
    assert len(finished(tracker)) == 1 and (damaged.with_name(f"damaged-{damaged.name}")).is_dir() and not whole.exists()
    assert unvanish("sync", "--output", tmp_path).stderr.startswith("there is nothing to send")


def test_results_are_not_sent_to_a_store_of_other_benchmarks(tracker, empty_database, plan, tmp_path):
    writer = tracker.open_benchmark(plan, CONTEXT, fresh=False)
    with away():
        writer.record(results(plan.cohorts[0]))
    copy_store(empty_database, tmp_path / "other")
    done = unvanish("sync", "--output", tmp_path, "--tracking-uri", default_uri(tmp_path / "other"))
    assert done.returncode == 2 and f"results of the benchmark {writer.run_id}, which the store at" in done.stderr and "--tracking-uri" in done.stderr
    assert len(list((tmp_path / UNSENT).glob("*-*"))) == 2 and levels(tmp_path / "other")[0] == [[], [], []]


def test_what_is_kept_holds_no_password(tracker, plan, tmp_path, lines):
    """The command is redacted where it is made; what remains is the address, and what the store says of it."""
    tracker.retries.uri = "postgresql://anne:hunter2@host/db"
    with pytest.raises(UsageError) as error, away(MlflowException("anne:hunter2@host is gone")), tracker.benchmark(plan, CONTEXT, False) as writer:  # noqa: PT012
        tracker.uri = "postgresql://anne:hunter2@host/db"
        writer.record(results(plan.cohorts[0]))
        writer.send_all()
    content = b"".join(path.read_bytes() for path in (tmp_path / UNSENT).rglob("*") if path.is_file())
    assert b"hunter2" not in content and b"postgresql://***@host/db" in content
    assert not [line for line in [*lines, str(error.value)] if "hunter2" in line or "anne" in line]
    assert str(error.value).endswith("--tracking-uri 'postgresql://***@host/db'")


def test_a_page_for_which_the_store_has_no_room_ends_in_one_sentence(tracker, plan, tmp_path, time, monkeypatch):
    (tmp_path / "page.html").write_text("a page")
    monkeypatch.setattr("mlflow.store.artifact.local_artifact_repo.LocalArtifactRepository.log_artifact", raising(OSError(28, "No space left on device")))
    with (
        pytest.raises(UsageError, match=r"No space left on device.*it has every condition.*unvanish sync"),
        tracker.benchmark(plan, CONTEXT, fresh=False) as writer,
    ):
        writer.attach([tmp_path / "page.html"])
    assert time.pauses == [] and (tmp_path / UNSENT / "open.json").is_file()
