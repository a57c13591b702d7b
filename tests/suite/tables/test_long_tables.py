"""Rows that are loaded from the files are those that pandas selects from all of them."""

import gc

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.benchmarks import quick, results
from unvanish.suite.tables import long_tables as module
from unvanish.suite.tables.frames import curves_frame, gradients_frame, probes_frame
from unvanish.suite.tables.long_tables import LONG_TABLES, Part, long_tables
from unvanish.suite.tables.schema import empty


@pytest.fixture(scope="module")
def frames():
    plan = quick("task=temporal_order|first_symbol,model=rnn|lstm,mitigation=none|relu|rmsprop")
    rows = [row for cohort in plan.cohorts for row in results(cohort)]
    return {"curves": curves_frame(rows), "probes": probes_frame(rows), "gradients": gradients_frame(rows)}


def test_all_rows_come_back_with_their_types(frames):
    tables = long_tables(**frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(tables.rows(name), frame)
        pd.testing.assert_frame_equal(pd.read_parquet(tables.file(name)), frame)


def test_a_part_has_the_rows_of_its_evaluation_trials(frames, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_GROUP", 100)
    tables = long_tables(**frames)
    problems, mitigations = {("temporal_order", 30), ("first_symbol", 5)}, ["none", "rmsprop"]
    for name, frame in frames.items():
        here = np.array([problem in problems for problem in zip(frame.task, frame.lag, strict=True)])
        expected = frame[here & frame.mitigation.isin(mitigations) & (frame.phase == "evaluate")]
        assert 0 < len(expected) < len(frame)
        pd.testing.assert_frame_equal(tables.rows(name, Part(problems, mitigations)), expected.reset_index(drop=True))


def test_rows_are_written_in_groups_of_which_none_holds_the_whole(frames, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_GROUP", 100)
    with module.write_long_tables() as (tables, writer):
        for _ in range(3):
            writer.add({name: module.pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()})
    assert pq.ParquetFile(tables.file("curves")).num_row_groups == 3
    pd.testing.assert_frame_equal(tables.rows("curves"), pd.concat([frames["curves"]] * 3, ignore_index=True))


def test_models_have_their_shown_names(frames):
    shown = long_tables(**frames).with_shown_models({"rnn": "rnn (shown)"}).rows("probes")
    assert shown.model.tolist() == frames["probes"].model.replace("rnn", "rnn (shown)").tolist()


def test_what_is_not_given_is_empty_and_the_folder_goes_with_the_tables():
    tables = long_tables()
    folder = tables.file("curves").parent
    for name, columns in LONG_TABLES.items():
        pd.testing.assert_frame_equal(tables.rows(name), empty(columns))
    assert folder.is_dir()
    del tables
    gc.collect()
    assert not folder.exists()
