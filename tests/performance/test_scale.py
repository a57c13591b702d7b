"""A store that is copied has the shape of one that is written."""

import sqlite3
from contextlib import closing
from zlib import crc32

import numpy as np
import pytest

from tests.performance.scale import SIZES, exponent, profile
from tests.support.benchmarks import CONTEXT
from tests.support.states import finished
from tests.support.synthetic_store import OUTCOMES, results, write_store
from unvanish.suite.experiment.plan import load_plan, select
from unvanish.suite.tracking import Tracker, default_uri, read

SELECTED = "task=first_symbol,lag=1|3,model=rnn|lstm,mitigation=none|gradient_clipping(threshold=0.125)+rmsprop|relu"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "scale.toml"
    path.write_text(profile(SIZES[1_000]))
    return select(load_plan(str(path)), SELECTED)


@pytest.fixture(scope="module")
def copied(plan, tmp_path_factory):
    output = tmp_path_factory.mktemp("copied")
    write_store(plan, output)
    return output


@pytest.fixture(scope="module")
def written(plan, tmp_path_factory):
    """The same conditions by the writer, each with the outcome that its copy has."""
    output = tmp_path_factory.mktemp("written")
    writer = Tracker(default_uri(output), output).open_benchmark(plan, CONTEXT, fresh=False)
    for condition in plan.conditions:
        writer.record(results(condition, OUTCOMES[outcome_of(condition)]))
    writer.close("FINISHED")
    return output


def outcome_of(condition):
    return list(OUTCOMES)[crc32(condition.label.encode()) % len(OUTCOMES)]


def shape(output):
    """By a run's name: how many rows it has in each table by key, the columns that it fills, and its files."""
    found = {}
    with closing(sqlite3.connect(output / "mlflow.db")) as connection:
        connection.row_factory = sqlite3.Row
        conditions = "SELECT r.* FROM runs r JOIN experiments e USING (experiment_id) WHERE e.name != 'unvanish/benchmarks'"
        for run in connection.execute(conditions):
            rows = {
                (table, row["key"]): row["n"]
                for table in ("params", "tags", "metrics", "latest_metrics")
                for row in connection.execute(f"SELECT key, count(*) n FROM {table} WHERE run_uuid = ? GROUP BY key", (run["run_uuid"],))
            }
            folder = output / "artifacts" / run["run_uuid"] / "artifacts"
            assert run["artifact_uri"] == folder.as_uri()
            filled = {name for name in run.keys() if run[name] is not None}  # noqa: SIM118, rows of sqlite3 have no other way
            found[run["name"]] = rows, filled, run["status"], sorted(path.name for path in folder.iterdir())
    return found


@pytest.mark.slow
def test_every_run_has_as_many_rows_of_the_same_keys_and_the_same_files_as_the_writer_gives_it(copied, written):
    assert shape(copied) == shape(written)


@pytest.mark.slow
def test_both_are_read_back_as_the_same_conditions_with_the_same_number_of_rows(copied, written):
    mine, theirs = (read(default_uri(output)) for output in (copied, written))
    assert [entry.fingerprint for entry in mine.plan.conditions] == [entry.fingerprint for entry in theirs.plan.conditions]
    key = ["task", "lag", "model", "mitigation", "phase", "seed", "status"]
    for name in ("trials", "curves", "probes", "gradients"):
        one, other = getattr(mine, name), getattr(theirs, name)
        assert one.dtypes.equals(other.dtypes) and len(one) == len(other)
        assert one.groupby(key[:6]).size().equals(other.groupby(key[:6]).size())
    assert mine.trials[key].equals(theirs.trials[key])
    assert mine.trials.run_id[mine.trials.phase == "evaluate"].is_unique


@pytest.mark.slow
def test_no_condition_is_pending(copied, plan):
    assert not plan.without(finished(Tracker(default_uri(copied), copied))).cohorts


def test_the_exponent_of_a_power_is_that_power():
    assert exponent([1, 10, 100], [2 * value**0.5 for value in (1, 10, 100)]) == pytest.approx(0.5)
    assert np.isclose(exponent([1, 10], [1, 10]), 1)
