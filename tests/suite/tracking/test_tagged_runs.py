"""Runs with their tags alone, against what MLflow's own search returns."""

import pytest
from mlflow import MlflowClient

from unvanish.suite.tracking.creation import create_database
from unvanish.suite.tracking.tagged_runs import tagged_runs


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three runs, of which one is deleted, and one of another experiment."""
    file = tmp_path_factory.mktemp("runs") / "mlflow.db"
    create_database(file)
    client = MlflowClient(f"sqlite:///{file}")
    conditions, trials = (client.get_experiment_by_name(f"unvanish/{name}").experiment_id for name in ("conditions", "trials"))
    for number, status in enumerate(("FINISHED", "FAILED", "KILLED")):
        run = client.create_run(conditions, start_time=number // 2, tags={"fingerprint": f"f{number}", "rules": "1"}, run_name=f"run {number}")
        client.log_param(run.info.run_id, "lag", number)
        client.set_terminated(run.info.run_id, status)
    client.create_run(trials, tags={"fingerprint": "another"})
    deleted = client.create_run(conditions, tags={"fingerprint": "deleted"})
    client.delete_run(deleted.info.run_id)
    return client, conditions


def test_they_are_those_of_the_search_in_its_order_with_their_own_tags(store):
    client, conditions = store
    theirs = client.search_runs([conditions], order_by=["attributes.start_time DESC"])
    mine = tagged_runs(client, conditions)
    assert [dict(run.info) for run in mine] == [dict(run.info) for run in theirs] and len(mine) == 3
    for run, other in zip(mine, theirs, strict=True):
        assert run.data.tags == {name: value for name, value in other.data.tags.items() if not name.startswith("mlflow.")}
        assert run.data.params == run.data.metrics == {}
