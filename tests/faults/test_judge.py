"""The judge of faults sees each kind of harm, in a store of two conditions that is written by hand."""

import random
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from tests.faults.scene import Scene, Truth
from tests.faults.store import KEY, digest, read_tables
from tests.faults.torture import Row, judge, table

SCHEMA = """
create table experiments (experiment_id integer, name text);
create table runs (run_uuid text, experiment_id integer, status text, start_time integer, lifecycle_stage text);
create table tags (run_uuid text, key text, value text);
insert into experiments values (1, 'unvanish/benchmarks'), (2, 'unvanish/conditions'), (3, 'unvanish/trials');
"""


def add_condition(connection, run_id, fingerprint, status="FINISHED", benchmark="b", stage="active"):
    connection.execute("insert into runs values (?, 2, ?, 0, ?)", (run_id, status, stage))
    connection.executemany("insert into tags values (?, ?, ?)", [(run_id, "fingerprint", fingerprint), (run_id, "benchmark_run", benchmark)])


def trials(score=0.5, run_id="t1"):
    rows = [["task", 2, "rnn", mitigation, "evaluate", 0.1, 101, score, run_id, 1.5] for mitigation in ("none", "rmsprop")]
    return pd.DataFrame(rows, columns=[*KEY, "score", "run_id", "seconds"])


@pytest.fixture
def scene(tmp_path):
    """A try after which everything is as it should be."""
    scene = Scene(tmp_path / "work", tmp_path, None, random.Random(0))
    scene.output.mkdir()
    trials().to_parquet(scene.output / "trials.parquet")
    with closing(sqlite3.connect(scene.database)) as connection:
        connection.executescript(SCHEMA)
        add_condition(connection, "c1", "f1")
        add_condition(connection, "c2", "f2")
        connection.commit()
    scene.truth = Truth(1.0, frozenset({"f1", "f2"}), read_tables(scene.output), tmp_path)
    return scene


def judged(scene, *statements):
    """The row of a try whose store was changed by these statements first."""
    with closing(sqlite3.connect(scene.database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    row = Row("fault", problems=[])
    judge(row, scene)
    return row


def test_what_is_as_it_should_be_is_all_zeros(scene):
    pd.concat([trials(run_id="another")[::-1]]).to_parquet(scene.output / "trials.parquet")  # other runs, and another order
    row = judged(scene)
    assert row.clean and row.cells[1:-1] == ("1", "0", "0", "0", "1/1", "0")


@pytest.mark.parametrize("change", ["status = 'KILLED'", "status = 'FAILED'", "lifecycle_stage = 'deleted'"])
def test_a_condition_that_is_not_finished_any_more_is_lost(scene, change):
    row = judged(scene, f"update runs set {change} where run_uuid = 'c1'")
    assert row.lost == 1 and not row.clean


def test_a_condition_that_one_benchmark_recorded_twice_is_double_and_one_of_another_benchmark_is_not(scene):
    tags = "insert into tags values ('c3', 'fingerprint', 'f1'), ('c3', 'benchmark_run', '{}')"
    assert judged(scene, "insert into runs values ('c3', 2, 'FINISHED', 1, 'active')", tags.format("fresh")).clean
    row = judged(scene, "update tags set value = 'b' where run_uuid = 'c3' and key = 'benchmark_run'")
    assert row.double == 1 and not row.clean


def test_a_run_of_any_level_that_is_left_running_counts(scene):
    row = judged(scene, "insert into runs values ('t1', 3, 'RUNNING', 1, 'active')")
    assert row.running == 1 and not row.clean


def test_a_changed_missing_or_repeated_row_is_not_the_same(scene):
    for harmed in (trials(score=0.5 + 1e-16 + 1e-15), trials()[:1], pd.concat([trials(), trials()])):
        harmed.to_parquet(scene.output / "trials.parquet")
        assert not judged(scene).clean
    assert judged(scene).double == 2
    (scene.output / "trials.parquet").unlink()
    assert judged(scene).same == 0


def test_rows_of_conditions_that_nothing_is_expected_of_are_left_out(scene):
    further = trials().assign(mitigation="fragile", score=float("nan"))
    pd.concat([trials(), further[:1]]).to_parquet(scene.output / "trials.parquet")
    assert judged(scene).same == 1


def test_a_traceback_another_status_and_what_is_left_are_problems(scene):
    script = scene.write("fails.sh", "#!/bin/sh\necho 'Traceback (most recent call last)' >&2\ntouch $TMPDIR/left\nexit 1\n")
    script.chmod(0o755)
    scene.check(scene.start("run", program=str(script)), 2)
    assert len(scene.problems) == 3
    assert "ended with 1, not 2" in scene.problems[0] and "traceback" in scene.problems[1] and "left in the temporary folder: left" in scene.problems[2]


def test_a_process_that_outlives_its_command_is_a_problem_and_is_ended(scene, monkeypatch):
    monkeypatch.setattr("tests.faults.scene.PATIENCE", 0.2)
    script = scene.write("leaves.sh", "#!/bin/sh\nsleep 600 >/dev/null 2>&1 &\n")
    script.chmod(0o755)
    scene.check(scene.start("run", program=str(script)))
    (problem,) = scene.problems
    assert "left 1 processes: sleep 600" in problem
    scene.problems.clear()
    scene.check_nothing_left(scene.started[0])
    assert not scene.problems


def test_the_digest_of_a_folder_tells_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = digest(tmp_path)
    (tmp_path / "a").write_text("2")
    second = digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digest(tmp_path)}) == 3


def test_the_table_has_a_line_a_fault_and_says_what_was_skipped():
    lines = table([Row("one", 3, same=3, problems=[]), Row("another", skipped="no disk can be mounted")]).split("\n")
    assert lines[1].split() == ["one", "3", "0", "0", "0", "3/3", "0", "0.0"] and lines[2] == "another: skipped, no disk can be mounted"
