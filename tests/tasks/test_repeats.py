"""Predictors that repeat, against pandas' shift."""

import numpy as np
import pandas as pd
import pytest

from unvanish.tasks.gym_log import PATH
from unvanish.tasks.repeats import PERSISTENCE, repeats
from unvanish.tasks.table import Table


def in_folder(folder, frame, **given):
    frame.to_csv(folder / "log.csv", index=False)
    return Table(0, file="log.csv", location=folder / "log.csv", **{"inputs": (), "steps": 4, **given})


def test_persistence_is_the_last_target_that_is_known_also_over_a_cut_and_missed_days():
    task = Table(0)
    rows = task.rows.ends["test"]
    log = pd.read_csv(PATH, keep_default_na=False).exercise.replace("", None)
    names = np.array(task.output_names)
    assert list(names[repeats(task, rows)[PERSISTENCE].astype(int)]) == list(log.shift(1).ffill().iloc[rows])


def test_the_season_is_found_and_repeated(tmp_path):
    values = 70 + 8 * np.sin(2 * np.pi * np.arange(300) / 12) + np.random.default_rng(0).normal(size=300)
    task = in_folder(tmp_path, pd.DataFrame({"weight": values}), previous=("weight",), target="weight", target_kind="number", within=1.0)
    rows = task.rows.ends["test"]
    found = repeats(task, rows)
    (season,) = (name for name in found if name != PERSISTENCE)
    assert int(season.split()[2]) % 12 == 0
    column = task.log_encoding.target
    assert found[season] * column.scale + column.mean == pytest.approx(values[rows - int(season.split()[2])], rel=1e-5)
    assert found[PERSISTENCE] * column.scale + column.mean == pytest.approx(values[rows - 1], rel=1e-5)


def test_a_plain_rotation_is_repeated_without_a_mistake(tmp_path):
    task = in_folder(tmp_path, pd.DataFrame({"exercise": list("abc") * 40}), previous=("exercise",), target="exercise")
    rows = task.rows.ends["test"]
    found = repeats(task, rows)
    assert (found["same as 3 rows before"] == task.rows.targets[rows]).all() and (found[PERSISTENCE] != task.rows.targets[rows]).all()


def test_a_sequence_that_is_asked_once_is_not_told_its_earlier_targets(tmp_path):
    """They may be the answer, as where every row of a visit has the diagnosis."""
    frame = pd.DataFrame({"who": np.repeat(np.arange(20), 5), "x": np.arange(100.0), "ill": np.repeat(np.arange(20) % 2, 5)}).astype({"ill": str})
    task = in_folder(tmp_path, frame.replace({"ill": {"0": "no", "1": "yes"}}), sequence="who", inputs=("x",), previous=(), target="ill", ask="last_row")
    assert repeats(task, task.rows.ends["test"]) == {}


def test_a_sequence_does_not_repeat_the_target_of_another(tmp_path):
    frame = pd.DataFrame({"who": np.repeat(np.arange(10), 6), "did": ["run", "swim", "run", "run", "run", "run"] * 10})
    task = in_folder(tmp_path, frame, sequence="who", previous=("did",), target="did", steps=1)
    starts = np.unique(task.rows.first[task.rows.ends["test"]])
    assert (repeats(task, starts)[PERSISTENCE] == task.output_names.index("run")).all()


def test_the_predictor_to_beat_is_a_repeating_one_where_that_is_the_best(tmp_path):
    """Numbers in no order that come again after 6 rows: no line through the last ones knows the next."""
    values = np.tile(np.random.default_rng(0).permutation(6).astype(float), 50)
    given = {"previous": ("weight",), "target": "weight", "target_kind": "number", "within": 0.5, "steps": 2}
    facts = in_folder(tmp_path, pd.DataFrame({"weight": values}), **given).measured_facts
    assert (facts.reference, facts.reference_metric, facts.solved_at_metric) == ("same as 6 rows before", 1.0, 1.0)
