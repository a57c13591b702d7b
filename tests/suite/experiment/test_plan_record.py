"""A plan as plain data: it is read where its plug-ins are missing, and refused with a sentence where another version wrote it."""

import json

import pytest

from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.plan_record import group_reasons, read_plan
from unvanish.suite.experiment.profile import load
from unvanish.tasks.errors import UsageError


@pytest.fixture(scope="module")
def record():
    return select(make_plan(load("quick")), "task=temporal_order|first_symbol").record()


def test_it_comes_back_from_json_as_it_was(record):
    again = read_plan(record.model_dump_json(), "here")
    assert again.conditions == record.conditions and again.tasks == record.tasks and again.model_dump_json() == record.model_dump_json()


def test_it_is_read_where_no_plug_in_of_it_exists(record):
    text = record.model_dump_json().replace('"temporal_order"', '"nobody_knows"').replace('"gru"', '"nor_this"')
    again = read_plan(text, "here")
    assert "nor_this" in again.profile.models and {task.task for task in again.tasks} == {"nobody_knows", "first_symbol"}


def test_a_plan_of_another_version_is_refused_with_a_sentence(record):
    older = json.loads(record.model_dump_json())
    del older["counts"]["runs"]
    with pytest.raises(UsageError, match=r"http://here was written by another version of unvanish \(counts.runs: field required\); run the same profile again"):
        read_plan(json.dumps(older), "http://here")


def test_tables_and_look_ups_agree_with_the_entries(record):
    assert len(record.conditions_table) == record.counts.conditions == len({condition.key for condition in record.conditions})
    assert record.longest_lags == record.tasks_table.groupby("task").lag.max().to_dict()
    assert record.task("first_symbol", 5).information_distance == record.tasks_table.set_index(["task", "lag"]).information_distance["first_symbol", 5]
    with pytest.raises(KeyError):
        record.task("first_symbol", 6)


def test_reasons_are_grouped_with_all_that_they_hold_for(record):
    lines = group_reasons(record.not_applicable, "reason")
    assert len(lines) == len({entry.reason for entry in record.not_applicable})
    (truncated,) = (line for line in lines if "truncated_bptt" in line)
    assert truncated.startswith("feedforward with truncated_bptt on first_symbol lag 5, 25; temporal_order lag 10, 30; exercise_schedule lag 2, 15: ")
