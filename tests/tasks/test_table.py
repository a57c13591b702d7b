"""A table of one's own: sequences held against pandas, and every malformed file a sentence."""

import numpy as np
import pandas as pd
import pytest

from unvanish.suite.experiment.profile import make_task
from unvanish.tasks import gym_log
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import SPLITS
from unvanish.tasks.table import Table

RANDOM = np.random.default_rng(0)


def whole(task, split):
    return task.with_blanks(split, np.arange(task.split_size(split)))


@pytest.fixture(scope="module")
def sensors():
    """Ten machines with 30 rows each, shuffled among each other; the target is the temperature two rows before."""
    rows = pd.DataFrame(
        {"machine": np.repeat([f"m{i}" for i in range(10)], 30), "temperature": RANDOM.normal(50, 10, 300), "mode": RANDOM.choice(["a", "b"], 300)}
    )
    rows["next"] = rows.groupby("machine").temperature.shift(2)
    order = RANDOM.permutation(np.repeat(np.arange(10), 30)).argsort(kind="stable").argsort(kind="stable")
    return rows.iloc[order].reset_index(drop=True)


DECLARED = {
    "sequence": "machine",
    "inputs": ["temperature", "mode"],
    "previous": [],
    "target": "next",
    "target_kind": "number",
    "within": 2.0,
    "steps": 5,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sensors):
    folder = tmp_path_factory.mktemp("data")
    sensors.to_csv(folder / "sensors.csv", index=False)
    sensors.to_parquet(folder / "sensors.parquet")
    return folder


def sensor_task(folder, file="sensors.csv", lag=0, **changes):
    return make_task("table", lag, {**DECLARED, "file": file, **changes}, folder)


def machines(task, sensors):
    """Which machines each split has, found by looking up its first temperatures in the table."""
    column = task.log_encoding.current[0]
    found = {}
    for split in SPLITS:
        numbers = whole(task, split).inputs[:, 0, 0] * column.scale + column.mean
        nearest = [int(np.abs(sensors.temperature - number).argmin()) for number in numbers]
        found[split] = set(sensors.machine[nearest])
    return found


def test_sequences_are_the_last_rows_of_one_machine_in_their_order(folder, sensors):
    """Whatever lies between them in the file; target and inputs as pandas says."""
    task = sensor_task(folder, lag=2)
    by_split = machines(task, sensors)
    temperature, mode, marker = (task.input_names.index(name) for name in ("temperature", "mode a", "is a row"))
    training = sensors[sensors.machine.isin(by_split["training"])]
    mean, scale = training.temperature.mean(), training.temperature.std(ddof=0)
    for split in SPLITS:
        expected = []
        for _, rows in sensors[sensors.machine.isin(by_split[split])].groupby("machine", sort=False):
            for end in range(4, len(rows)):
                window = rows.iloc[end - 4 : end + 1]
                expected.append([*((window.temperature - mean) / scale), *(window["mode"] == "a"), rows.next.iloc[end]])
        drawn = whole(task, split)
        target = task.log_encoding.target
        made = np.column_stack([drawn.inputs[:, :5, temperature], drawn.inputs[:, :5, mode], drawn.targets[:, 0] * target.scale + target.mean])
        np.testing.assert_allclose(made[made[:, 0].argsort()], np.array(sorted(expected), float), rtol=1e-3, atol=1e-4)
        assert (drawn.inputs[:, :5, marker] == 1).all() and not drawn.inputs[:, 5:].any()


def test_splits_are_by_sequence_and_scaling_is_of_the_training_split_alone(folder, sensors):
    task = sensor_task(folder)
    by_split = machines(task, sensors)
    assert [len(by_split[split]) for split in SPLITS] == [6, 2, 2] and len(set.union(*by_split.values())) == 10
    training = sensors[sensors.machine.isin(by_split["training"])]
    assert task.log_encoding.current[0].mean == pytest.approx(training.temperature.mean(), rel=1e-6)
    assert task.log_encoding.target.scale == pytest.approx(training.next.dropna().std(ddof=0), rel=1e-6)


def test_parquet_and_csv_are_the_same_task_but_for_the_digest(folder):
    csv, parquet = sensor_task(folder), sensor_task(folder, "sensors.parquet")
    for split in SPLITS:
        np.testing.assert_allclose(whole(csv, split).inputs, whole(parquet, split).inputs, atol=1e-6)
    assert csv.facts.digest != parquet.facts.digest and csv.facts.solved_at_metric == parquet.facts.solved_at_metric


def test_a_regression_counts_what_is_near_in_the_unit_of_the_target(folder):
    """The target stands in the sequence, so predictors that see all of its steps find it and memoryless ones do not."""
    task = sensor_task(folder)
    assert (task.kind, task.metric, task.output_size) == ("regression", "within_tolerance", 1) and task.metric_label == "within_tolerance(2)"
    assert task.tolerance * task.log_encoding.target.scale == pytest.approx(2.0)
    assert task.facts.reference in ("window of 10", "all steps") and task.facts.reference_metric > 0.99
    assert task.baseline_loss == pytest.approx(1.0, abs=0.3) and task.baseline_metric < 0.4


def test_the_gym_log_is_cut_in_the_order_of_its_days():
    task, log = Table(0), pd.read_csv(gym_log.PATH, keep_default_na=False)
    weekday = [task.input_names.index(f"day {day}") for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
    start = 0
    for split, end in zip(SPLITS, (219, 292, 365), strict=True):
        asked = [row for row in range(start + 13, end) if log.missed[row] == "no"]
        drawn = whole(task, split)
        assert [task.output_names[target] for target in drawn.targets[:, 0]] == list(log.exercise[asked])
        days = drawn.inputs[:, :, weekday].argmax(-1)
        assert np.array_equal(
            days[:, -1], [pd.Timestamp("2025-01-01").weekday() + row - 7 * ((pd.Timestamp("2025-01-01").weekday() + row) // 7) for row in asked]
        )
        start = end


def test_a_step_sees_yesterdays_exercise_and_todays_calendar():
    task, log = Table(0), pd.read_csv(gym_log.PATH, keep_default_na=False)
    drawn = whole(task, "training")
    asked = [row for row in range(13, 219) if log.missed[row] == "no"]
    for index, row in enumerate(asked[:40]):
        for step in range(14):
            seen = {name for name, value in zip(task.input_names, drawn.inputs[index, step], strict=True) if value}
            today, day = log.iloc[row - 13 + step], row - 13 + step
            expected = {f"day {today.day}", f"month {today.month}", f"health {today.health}", "is a row"}
            if day:
                expected |= {f"previous missed {log.missed[day - 1]}"} | ({f"previous exercise {log.exercise[day - 1]}"} if log.exercise[day - 1] else set())
            assert seen == expected


def test_sequences_that_are_asked_about_once_are_filled_up_in_front(tmp_path):
    """A label a sequence, of different lengths."""
    lengths = RANDOM.integers(1, 9, 40)
    rows = [(f"s{i}", step, f"class {i % 2}" if step == length - 1 else "") for i, length in enumerate(lengths) for step in range(length)]
    pd.DataFrame(rows, columns=["who", "x", "label"]).to_csv(tmp_path / "t.csv", index=False)
    given = {"file": "t.csv", "sequence": "who", "inputs": ["x"], "previous": [], "target": "label", "steps": 6, "ask": "last_row"}
    task = make_task("table", 0, given, tmp_path)
    assert sum(task.facts.sequences) == 40
    drawn = whole(task, "training")
    shown = drawn.inputs[:, :, task.input_names.index("is a row")].sum(axis=1)
    assert sorted(shown) == sorted(np.minimum(lengths, 6)[[int(i) for i in range(40) if i in set(members(task, rows))]])
    assert (drawn.inputs[:, -1, -1] == 1).all() and not drawn.inputs[shown == 1][:, :-1].any()


def members(task, rows):
    """The sequences of the training split: those that are the first fifth's three in the fixed order."""
    order = np.random.Generator(np.random.PCG64(0)).permutation(40)
    return order[np.arange(40) % 5 <= 2]


def test_a_changed_file_is_another_task_and_results_are_never_asked_of_it(folder, tmp_path, sensors):
    sensors.to_csv(tmp_path / "sensors.csv", index=False)
    moved, original = sensor_task(tmp_path), sensor_task(folder)
    assert moved == original and moved.parameters == original.parameters  # where it lies says nothing
    changed = sensors.assign(temperature=sensors.temperature + 1)
    changed.to_csv(tmp_path / "changed.csv", index=False)
    assert sensor_task(tmp_path, "changed.csv").facts.digest != original.facts.digest
    again = make_task("table", 0, original.parameters, tmp_path)
    (tmp_path / "sensors.csv").write_text((tmp_path / "changed.csv").read_text())
    with pytest.raises(UsageError, match=r"sensors\.csv has changed since its results were made"):
        again.sample(1, "training")
    assert again.baseline_loss == original.baseline_loss  # what is known without the data


def test_two_files_of_one_name_are_two_tasks_in_one_process(tmp_path, sensors):
    """Also where they have the same columns, categories and scaling, as of rows in another order."""
    swapped = sensors.assign(next=sensors.next.replace({sensors.next.iloc[50]: sensors.next.iloc[51], sensors.next.iloc[51]: sensors.next.iloc[50]}))
    digests = set()
    for name, rows in (("a", sensors), ("b", swapped)):
        (tmp_path / name).mkdir()
        rows.to_csv(tmp_path / name / "sensors.csv", index=False)
        task = sensor_task(tmp_path / name)
        digests.add(task.facts.digest)
        assert task.facts.digest == task.rows.digest
    assert len(digests) == 2


def test_several_tables_in_a_profile_have_names_of_their_own(folder):
    task = make_task("table:sensors", 1, {**DECLARED, "file": "sensors.csv"}, folder)
    assert task.name == "table:sensors" and make_task(task.name, 1, task.parameters) == task
    with pytest.raises(UsageError, match="the task adding has no name of its own"):
        make_task("adding:mine", 5)


GOOD = "".join(f"s{i // 4},{i},{'ab'[i % 2]},{'uv'[i // 2 % 2]}\n" for i in range(80))
FIRST_3, FIRST_8 = ("".join(GOOD.splitlines(True)[:count]) for count in (3, 8))
GIVEN = {"file": "t.csv", "sequence": "who", "inputs": ["x", "kind"], "previous": [], "target": "label", "steps": 2}


def changed(line, to):
    lines = ("who,x,kind,label\n" + GOOD).split("\n")
    lines[line - 1] = to
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        (
            changed(7, "s1,5,b"),
            {},
            r"t\.csv cannot be read: line 7 has another number of cells than line 1 \(expected 4 columns, got 3, of which the first is 's1', ",
        ),
        (changed(7, "s1,5,b,u,9"), {}, r"line 7 has another number of cells than line 1 \(expected 4 columns, got 5, of which the first is 's1', "),
        (changed(7, "s1,5,ä\udcff,u"), {}, r"t\.csv cannot be read: line 7 is not UTF-8 text; save it as CSV in UTF-8"),
        (changed(7, "s1,5,\udc81,u"), {}, r"t\.csv cannot be read: line 7 is not UTF-8 text; save it as CSV in UTF-8"),
        (changed(1, "who,x,\udcff,label"), {}, r"there is no column 'kind'; choose from who, x, ÿ, label"),
        (changed(7, "s1,,b,u"), {}, r"line 7 of the table .*t\.csv has no number in the column x; fill it in"),
        (changed(7, "s1,NaN,b,u"), {}, "line 7 of the table .* has no number in the column x"),
        (changed(7, ",5,b,u"), {}, r"line 7 of the table .* has no who; say to which sequence it belongs"),
        (changed(1, "who,y,kind,label"), {}, r"in the table .*t\.csv, there is no column 'x'; .*choose from who, y, kind, label"),
        (changed(1, "who,x,x,label"), {"inputs": ["x"]}, "has 2 columns called 'x'"),
        ("who,x,kind,label\n" + GOOD.replace(",u", ",v"), {}, "the target label of the table .* is always 'v' in its training split"),
        (
            "who,x,kind,label\n" + FIRST_3,
            {"sequence": ""},
            r"t\.csv is too short: it has 3 rows",
        ),
        ("who,x,kind,label\n" + GOOD, {"steps": 9}, "is too short: its training split, 48 of 80 rows"),
        ("who,x,kind,label\n" + FIRST_8, {}, "the column who .* has 2 sequences; give at least 5"),
        ("who,x,kind,label\n", {}, r"t\.csv has no rows"),
        ("", {}, r"t\.csv has no line with the names of its columns"),
        ("who,x,kind,label\n" + GOOD, {"inputs": ["x", "label"]}, "the target 'label' of the table .* is one of its inputs"),
        ("who,x,kind,label\n" + GOOD, {"inputs": []}, "has neither inputs nor previous"),
        ("who,x,kind,label\n" + GOOD, {"inputs": ["x", "x"]}, "inputs of the table .* names a column twice"),
        ("who,x,kind,label\n" + GOOD, {"target_kind": "number", "within": 1.0}, r"line 2 of the table .* has 'u' as label, which is no number"),
        ("who,x,kind,label\n" + GOOD, {"target_kind": "number"}, "within of table is 0; give how near a predicted label must be"),
        ("who,x,kind,label\n" + GOOD, {"target_kind": "word"}, "target_kind of table is 'word'; it should be 'class' or 'number'"),
        ("who,x,kind,label\n" + GOOD, {"file": "none.csv"}, r"none\.csv cannot be read \(No such file"),
        ("who,x,kind,label\n" + GOOD, {"file": "t.xlsx"}, r"t\.xlsx cannot be read|ends in \.xlsx"),
        ("who,x,kind,label\n" + GOOD, {"step": 3}, "there is no parameter of table 'step'; did you mean 'steps'"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path, content, changes, sentence):
    (tmp_path / "t.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=sentence) as caught:
        make_task("table", 0, {**GIVEN, **changes}, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_typo_in_a_column_of_numbers_is_named(tmp_path):
    lines = [f"s{i // 50},{i}.5,a,{'uv'[i % 2]}" for i in range(500)]
    lines[41] = "s0,12;5,a,u"
    (tmp_path / "t.csv").write_text("who,x,kind,label\n" + "\n".join(lines) + "\n")
    with pytest.raises(UsageError, match=r"the column x .* numbers in 499 cells and something else in 1: '12;5' in line 43; correct it"):
        make_task("table", 0, GIVEN, tmp_path)


def test_a_table_with_too_many_cells_is_refused_before_all_of_it_is_read(tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("who,x,kind,label\n" + GOOD)
    monkeypatch.setattr("unvanish.tasks.table_reader.text.MAX_CELLS", 100)
    with pytest.raises(UsageError, match="has more than 25 rows, which is the most for 4 columns; use fewer columns"):
        make_task("table", 0, GIVEN, tmp_path)


@pytest.mark.slow
def test_a_million_rows_take_less_than_a_gigabyte(tmp_path):
    """Eight columns of which six are inputs; read, measured by the reference predictors and drawn from, in a process of its own."""
    import subprocess
    import sys

    n = 1_000_000
    random = np.random.default_rng(1)
    columns = {f"x{i}": random.normal(size=n).round(4) for i in range(4)} | {f"c{i}": random.choice([f"value {j}" for j in range(20)], n) for i in range(2)}
    pd.DataFrame({"who": np.arange(n) // 500, **columns, "label": random.choice(["u", "v", "w"], n)}).to_csv(tmp_path / "big.csv", index=False)
    code = """
import sys
from pathlib import Path
from unvanish.suite.experiment.profile import make_task
given = {"file": "big.csv", "sequence": "who", "inputs": ["x0", "x1", "x2", "x3", "c0", "c1"], "previous": ["label"], "target": "label", "steps": 20}
task = make_task("table", 5, given, Path(sys.argv[1]))
drawn = task.sample(1600, "training", 1)
assert drawn.inputs.shape == (1600, 25, 4 + 40 + 3 + 1) and sum(task.facts.sequences) == 2000 * 481
# the peak of this program alone; that of getrusage has the parent's in it, which has other tests behind it
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1e6)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.0, done.stdout
