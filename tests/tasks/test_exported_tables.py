"""Tables in the form in which programs, offices and archives export them: each is read right or refused with its true cause, and none is silently wrong."""

import gzip
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unvanish.suite.experiment.profile import make_task
from unvanish.tasks.errors import UsageError

TABLES = Path(__file__).parent / "tables"
NUMBER = {"target_kind": "number", "within": 1.0, "steps": 5}
WEIGHT = {"inputs": ["sleep"], "previous": ["weight"], "target": "weight", **NUMBER}


def read(folder, file, **given):
    return make_task("table", 0, {"file": file, **given}, folder)


def decoded(task):
    """The columns of a task in the order of its rows, without their scaling."""
    encoding, cells = task.log_encoding, task.rows.cells
    columns = {column.name: column for column in (*encoding.previous, *encoding.current, encoding.target)}
    return {name: [c.values[i] if i >= 0 else "" for i in cells[name]] if c.values else cells[name] * c.scale + c.mean for name, c in columns.items()}


def said(task):
    return "\n".join(task.account)


# --- the files of tests/tasks/tables: what reading each of them ends in ---

ROTATION = {"inputs": ["sleep"], "previous": ["exercise"], "target": "exercise", "steps": 4}
CLASS = {"inputs": ["x"], "previous": ["region"], "target": "region", "steps": 3}
STRONG = {"inputs": ["Reps"], "previous": ["Weight"], "target": "Weight", **NUMBER}
HEVY = {"inputs": ["reps"], "previous": ["weight_kg"], "target": "weight_kg", **NUMBER}
CLIMATE = {"inputs": [], "previous": ["T (degC)", "wv (m/s)"], "target": "T (degC)", **NUMBER}
POWER = {"inputs": [], "previous": ["Voltage", "Global_active_power"], "target": "Global_active_power", **NUMBER}
LOAD = {"inputs": [], "previous": ["MT_001"], "target": "MT_001", **NUMBER}
PASSENGERS = {"inputs": [], "previous": ["Passengers"], "target": "Passengers", **NUMBER}
AIR = {"inputs": ["TEMP", "cbwd"], "previous": ["pm2.5"], "target": "pm2.5", **NUMBER}
ENGINES = {"inputs": ["s2"], "previous": [], "target": "rul", "sequence": "unit", **NUMBER}

REFUSED = [
    ("strong.csv", STRONG, r"the same Date, '2025-01-03 08:00:00' in line 2 and '2025-01-03 08:00:00' in line 3, as have 160 pairs.*in_order = true"),
    (
        "hevy_newest_first.csv",
        HEVY,
        r"\(the newest rows are first\): '21 Dec 2025, 08:00' in line 5 .*'22 Dec 2025, 08:00' in line 2; write time = \"start_time\"",
    ),
    ("passengers_footer.csv", PASSENGERS, "line 146 has another number of cells .*'International airline passengers'.*remove that line"),
    ("climate_sentinel.csv", CLIMATE, r"'-9999.00' in lines 52, 53, 152, and all others are from 1.01 to 4.07; .*missing = \[\"-9999.00\"\]"),
    ("power_question_marks.csv", POWER, r"line 32 .* has '\?' as Global_active_power, which is no number; .*missing = \[\"\?\"\]"),
    ("power_question_marks.csv", {**POWER, "missing": ["?"]}, 'line 32 .* has no number in the column .*fill = "last"'),
    ("no_header_spaces.txt", {**WEIGHT}, "there is no column 'sleep'; choose from column 1, column 2"),
    ("air_na_rows.csv", AIR, 'line 2 .* has no number in the column pm2.5, as 26 rows have none; .*fill = "last" .*fill = "drop"'),
    ("question_mark.csv", WEIGHT, r"'\?' in line 42; correct it, or write missing = \[\"\?\"\]"),
    ("unit_in_cell.csv", WEIGHT, r"'7.5 h' in line 42 \(a unit belongs into the name of the column"),
    ("letter_in_numbers.csv", WEIGHT, "'W' in line 112"),
    ("newest_first.csv", WEIGHT, r"not in the order of its column date \(the newest rows are first\)"),
    ("duplicate_dates.csv", WEIGHT, "not in the order of its column date: '2024-02-20' in line 62 comes after '2024-02-29' in line 61"),
    ("duplicate_dates.csv", {**WEIGHT, "time": "date"}, "lines 52 and 62 .* the same time '2024-02-20', as have 10 pairs in all"),
    ("date_as_input.csv", {**CLASS, "inputs": ["date"]}, r"the column date .* has dates, which are no input; write time = \"date\""),
    ("date_as_input.csv", {**CLASS, "inputs": ["date"], "categories": ["date"]}, "has dates, which are no input"),
    ("copy_of_target.csv", {**WEIGHT, "target_kind": "class", "within": 0.0}, 'write target_kind = "number" and within = 0.2'),
]

READ = [
    ("plain_rotation.csv", ROTATION, 120, "a simple predictor .* already answers everything"),
    (
        "strong.csv",
        {**STRONG, "in_order": True, "inputs": ["Reps", "Set Order"], "categories": ["Set Order"]},
        200,
        "byte order mark, cells parted by a semicolon",
    ),
    ("hevy_newest_first.csv", {**HEVY, "time": "start_time"}, 120, "the newest first in the file, and were sorted by time"),
    ("climate_sentinel.csv", {**CLIMATE, "missing": ["-9999"], "fill": "last", "time": "Date Time"}, 200, r"the day first .*\n.*\n.*10 minutes(.|\n)*in m/s"),
    ("power_question_marks.csv", {**POWER, "missing": ["?"], "fill": "last", "time": ["Date", "Time"]}, 200, r"the usual step is 1 minute"),
    ("load_decimal_comma.csv", {**LOAD, "time": "column 1"}, 100, "decimal sign ','"),
    ("tabs.tsv", {**PASSENGERS, "time": "Month"}, 144, "parted by a tab(.|\n)*the usual step is 1 month\n"),
    ("no_header_spaces.txt", {"inputs": ["column 1"], "previous": [], "target": "column 2", **NUMBER}, 100, "parted by spaces, no line names the columns"),
    ("engines_no_header.txt", {"inputs": ["column 6"], "previous": [], "sequence": "column 1", "target": "column 7", **NUMBER}, 185, "of 6 column 1"),
    ("engines.csv", {**ENGINES, "time": "cycle"}, 185, "the usual step is 1\n"),
    (
        "air_na_rows.csv",
        {**AIR, "fill": "drop", "time": ["year", "month", "day", "hour"]},
        174,
        "dropped: 26 without a number in pm2.5(.|\n)*1 hour; 2 are missed in 1 gaps",
    ),
    ("class_na.csv", CLASS, 120, "3 values, as NA, EU, AS"),
    ("class_none.csv", CLASS, 120, "3 values, as None, light, heavy"),
    ("date_as_input.csv", {**CLASS, "time": "date", "calendar": ["month"]}, 120, r"month \(calendar\): category, 12 values"),
    ("constant_column.csv", {**WEIGHT, "inputs": ["sleep", "k"]}, 120, "k .* always '5' in the training split and tells nothing"),
    ("copy_of_target.csv", {**WEIGHT, "inputs": ["w2"]}, 120, "it says the target weight of its own row(.|\n)*already answers everything"),
]


@pytest.mark.parametrize(("file", "given", "sentence"), REFUSED, ids=[f"{i}-{case[0]}" for i, case in enumerate(REFUSED)])
def test_what_is_not_certain_is_refused_with_the_cell_and_the_line_to_write(file, given, sentence):
    with pytest.raises(UsageError, match=sentence) as error:
        read(TABLES, file, **given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("file", "given", "rows", "words"), READ, ids=[f"{i}-{case[0]}" for i, case in enumerate(READ)])
def test_what_is_read_is_told(file, given, rows, words):
    task = read(TABLES, file, **given)
    assert len(task.rows.first) == rows
    assert pd.Series([said(task)]).str.contains(words, regex=True).all(), said(task)


def test_every_file_is_in_one_of_the_two_lists():
    assert {path.name for path in TABLES.iterdir()} == {case[0] for case in (*REFUSED, *READ)}


def test_numbers_are_those_that_pandas_reads_when_it_is_told_how():
    load = pd.read_csv(TABLES / "load_decimal_comma.csv", sep=";", decimal=",")
    np.testing.assert_allclose(decoded(read(TABLES, "load_decimal_comma.csv", **LOAD))["MT_001"], load.MT_001, rtol=1e-5)
    spaces = pd.read_csv(TABLES / "no_header_spaces.txt", sep=r"\s+", header=None)
    found = decoded(read(TABLES, "no_header_spaces.txt", inputs=["column 1"], previous=[], target="column 2", **NUMBER))
    np.testing.assert_allclose(found["column 2"], spaces[1], rtol=1e-4, atol=1e-5)
    climate = pd.read_csv(TABLES / "climate_sentinel.csv", na_values=["-9999.00"])
    found = decoded(read(TABLES, "climate_sentinel.csv", **CLIMATE, missing=["-9999"], fill="last"))
    np.testing.assert_allclose(found["wv (m/s)"], climate["wv (m/s)"].ffill(), rtol=1e-4, atol=1e-5)
    air = pd.read_csv(TABLES / "air_na_rows.csv")
    found = decoded(read(TABLES, "air_na_rows.csv", **AIR, fill="mean"))["pm2.5"]
    training = air["pm2.5"][:120]
    np.testing.assert_allclose(found, air["pm2.5"].fillna(training.mean()), rtol=1e-4)


# --- one log in many forms ---

DAYS = 60
RANDOM = np.random.default_rng(5)
DATES = pd.date_range("2024-01-20", periods=DAYS)
LOG = pd.DataFrame(
    {"date": DATES, "sleep": RANDOM.uniform(5, 9, DAYS).round(1), "weight": RANDOM.normal(80, 2, DAYS).round(2), "did": RANDOM.choice(["run", "swim"], DAYS)}
)


def lines(frame=LOG, separator=",", header=True, **changes):
    """The log as text, with some columns written in another way."""
    frame = frame.assign(**changes)
    return frame.to_csv(index=False, sep=separator, header=header, lineterminator="\n")


def written(form):
    """The log with its dates in a form."""
    return lines(date=LOG.date.dt.strftime(form))


def excel():
    pytest.importorskip("openpyxl")
    file = io.BytesIO()
    LOG.to_excel(file, index=False)
    return file.getvalue()


def parquet():
    file = io.BytesIO()
    LOG.to_parquet(file)
    return file.getvalue()


def comma():
    return lines(separator=";", sleep=LOG.sleep.map(lambda x: f"{x:.1f}".replace(".", ",")), weight=LOG.weight.map(lambda x: f"{x:.2f}".replace(".", ",")))


def records():
    return "".join(json.dumps({**row, "date": str(row["date"].date())}) + "\n" for row in LOG.to_dict("records"))


BY_DATE = {**WEIGHT, "time": "date"}
FORMS = {
    "a semicolon and a decimal comma": ("log.csv", comma, BY_DATE, "decimal sign ','"),
    "a decimal comma in quotes": (
        "log.csv",
        lambda: comma().replace(";", "|").replace("|", '","').replace("\n", '"\n"')[:-1].join(['"', ""]),
        BY_DATE,
        "parted by a comma.* decimal sign ','",
    ),
    "tabs": ("log.tsv", lambda: lines(separator="\t"), BY_DATE, "a tab"),
    "vertical bars": ("log.txt", lambda: lines(separator="|"), BY_DATE, "a vertical bar"),
    "spaces": ("log.dat", lambda: lines(separator=" "), BY_DATE, "spaces"),
    "an upper-case suffix": ("LOG.CSV", lines, BY_DATE, "UTF-8"),
    "gzip": ("log.csv.gz", lambda: gzip.compress(lines().encode()), BY_DATE, "UTF-8"),
    "a workbook": ("log.xlsx", excel, BY_DATE, "the sheet 'Sheet1'"),
    "JSON lines": ("log.jsonl", records, BY_DATE, "a JSON object a line"),
    "parquet": ("log.parquet", parquet, BY_DATE, "parquet"),
    "UTF-16": ("log.csv", lambda: lines().encode("utf-16"), BY_DATE, "UTF-16"),
    "a byte order mark": ("log.csv", lambda: lines().encode("utf-8-sig"), BY_DATE, "byte order mark"),
    "Windows-1252": ("log.csv", lambda: lines(did=LOG.did.map({"run": "Läufe", "swim": "Züge"})).encode("cp1252"), BY_DATE, "Windows-1252"),
    "line ends of Windows": ("log.csv", lambda: lines().replace("\n", "\r\n"), BY_DATE, "UTF-8"),
    "line ends of old Macs": ("log.csv", lambda: lines().replace("\n", "\r").encode(), BY_DATE, "UTF-8"),
    "spaces around cells": ("log.csv", lambda: lines().replace(",", " , "), BY_DATE, "spaces around 60 cells"),
    "numbers in quotes": ("log.csv", lambda: LOG.to_csv(index=False, quoting=1), BY_DATE, "UTF-8"),
    "a preamble": ("log.csv", lambda: "Exported by an app\n\n" + lines(), BY_DATE, "line 3 names the columns, and what is above it is left out"),
    "blank lines": ("log.csv", lambda: lines().replace("\n", "\n\n"), BY_DATE, "from line 3, 2024-01-20 to"),
    "rows without any cell": ("log.csv", lambda: lines() + ",,,\n" * 3, BY_DATE, "60 rows; dropped: 3 without any cell"),
    "a plus sign and exponents": ("log.csv", lambda: lines(sleep=LOG.sleep.map(lambda x: f"+{x:.3e}")), BY_DATE, "number, 5"),
    "day, month, year": ("log.csv", lambda: written("%d.%m.%Y"), BY_DATE, r"the day first \('20.01.2024' is 2024-01-20\)"),
    "month, day, year": ("log.csv", lambda: written("%m/%d/%Y"), BY_DATE, "the month first"),
    "year, day of two digits": ("log.csv", lambda: written("%d/%m/%y"), BY_DATE, "the day first"),
    "names of months": ("log.csv", lambda: LOG.assign(date=LOG.date.dt.strftime("%B %d, %Y")).to_csv(index=False), BY_DATE, "%B %d, %Y"),
    "a clock of twelve hours": ("log.csv", lambda: written("%d %b %Y %I:%M %p"), BY_DATE, "%I:%M %p"),
    "eight digits": ("log.csv", lambda: written("%Y%m%d"), BY_DATE, "%Y%m%d"),
    "ISO 8601": ("log.csv", lambda: written("%Y-%m-%dT%H:%M:%SZ"), BY_DATE, "with its offset from UTC"),
    "seconds since 1970": ("log.csv", lambda: lines(date=LOG.date.astype("int64") // 10**9), BY_DATE, "a number by which rows are sorted"),
    "the newest first": ("log.csv", lambda: lines(LOG[::-1]), BY_DATE, "the newest first in the file"),
    "any order": ("log.csv", lambda: lines(LOG.sample(frac=1, random_state=1)), BY_DATE, "were not in the order of time"),
    "a date and a time of day": ("log.csv", lambda: lines(clock="7:30"), {**WEIGHT, "time": ["date", "clock"]}, "2024-01-20 07:30"),
    "year, month and day": (
        "log.csv",
        lambda: lines(LOG[::-1], Year=LOG.date.dt.year, Month=LOG.date.dt.month, Day=LOG.date.dt.day),
        {**WEIGHT, "time": ["Year", "Month", "Day"]},
        "from the columns Year, Month, Day",
    ),
    "no header": (
        "log.csv",
        lambda: lines(date=range(DAYS), did=1, header=False),
        {"inputs": ["column 2"], "previous": ["column 3"], "target": "column 3", **NUMBER},
        "no line names the columns",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_log_is_the_same_in_every_form(form, tmp_path):
    file, make, given, words = FORMS[form]
    content = make()
    (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    task = read(tmp_path, file, **given)
    found = decoded(task)
    np.testing.assert_allclose(found[given["target"]], LOG.weight, rtol=1e-5)
    np.testing.assert_allclose(found[given["inputs"][0]], LOG.sleep, rtol=1e-5)
    assert pd.Series([said(task)]).str.contains(words, regex=True).all(), said(task)


def spoiled(row, column, cell, **changes):
    frame = LOG.astype({column: object}).assign(**changes)
    frame.loc[row, column] = cell
    return frame.to_csv(index=False, lineterminator="\n")


ODD = {
    "an infinity": (spoiled(3, "sleep", "inf"), WEIGHT, r"'inf' in line 5 \(infinity is no amount\)"),
    "a minus of typography": (spoiled(3, "sleep", "\u22127.5"), WEIGHT, r"in line 5 \(a minus sign of typography"),
    "one decimal comma": (spoiled(3, "sleep", "7,5"), WEIGHT, "'7,5' in line 5 .*a decimal comma in some cells"),
    "a percent sign": (spoiled(3, "sleep", "75 %"), WEIGHT, "'75 %' in line 5"),
    "a unit in every cell": (lines(sleep=LOG.index.map(lambda i: f"{i} h")), WEIGHT, "'0 h' in line 2.*a unit belongs.*categories"),
    "a word for none": (spoiled(3, "sleep", "NA"), WEIGHT, 'line 5 .* has no number in the column sleep; .*fill = "last"'),
    "a typing error": (spoiled(3, "weight", "8100"), WEIGHT, r"the column weight .* has '8100' in line 5, and all others are from .*outliers = \[\"weight\"\]"),
    "99999 for none": (spoiled(3, "sleep", "99999"), WEIGHT, r"'99999' in line 5, .*missing = \[\"99999\"\]"),
    "notes": (lines(sleep=LOG.index.map(lambda i: f"felt {i}")), WEIGHT, "the column sleep .* 60 different values in 60 cells, such as 'felt 0' in line 2"),
    "thousands": (lines(sleep=LOG.index.map(lambda i: f"{i + 1},500")), WEIGHT, "'1,500' in line 2; .*a comma that parts thousands is none"),
    "thousands or decimals": (
        lines(separator=";", sleep=[f"{i + 1},500" for i in LOG.index], weight=[f"{i % 9},125" for i in LOG.index]),
        WEIGHT,
        "'1,500', whose comma may be a decimal sign or part thousands",
    ),
    "a number as a class": (
        lines(),
        {**WEIGHT, "target_kind": "class", "within": 0.0},
        r'the target weight .* different values, and target_kind is not given; write target_kind = "number"',
    ),
    "a class as a number": (lines(), {**WEIGHT, "previous": [], "target": "did"}, "line 2 .* has '.*' as did, which is no number"),
    "a date that may be two": (
        lines(date=[f"{i % 12 + 1}/{i // 12 + 1}/2024" for i in RANDOM.permutation(DAYS)]),
        {**WEIGHT, "time": "date"},
        "whose day or month may be first; write day_first = true or day_first = false",
    ),
    "no date": (spoiled(3, "date", "tomorrow"), BY_DATE, "the column date .* has times, and 'tomorrow' in line 5 cannot be read as one"),
    "an empty date": (spoiled(3, "date", ""), BY_DATE, "line 5 .* has no date, which is its time"),
    "several people": (lines(pd.concat([LOG, LOG])), BY_DATE, 'lines 2 and 62 .* the same time .*sequence = "person"'),
    "the time among the inputs": (lines(), {**WEIGHT, "time": "sleep"}, "'sleep' of the table .* is its time"),
    "a calendar without time": (lines(), {**WEIGHT, "calendar": ["hour"]}, "calendar of the table .* needs the time"),
    "a calendar of numbers": (lines(date=LOG.index), {**BY_DATE, "calendar": ["hour"]}, "needs dates, and its time date is a number"),
    "no zone": (lines(), {**BY_DATE, "timezone": "Berlin"}, "timezone of the table .* is 'Berlin', which is none"),
    "no separator": (lines(), {**WEIGHT, "separator": "#"}, "separator of table is '#'; give one of"),
    "years out of order": (
        lines(LOG.drop(columns="date"), year=LOG.index[::-1] + 1900, month=1),
        {**WEIGHT, "inputs": ["sleep", "year", "month"]},
        "not in the order of its columns year, month: line 3",
    ),
    "an empty column": (lines(sleep=""), WEIGHT, "the column sleep .* has no value in its training split; leave it out"),
    "one value": (lines(weight=80), WEIGHT, "fewer than two different numbers .*no network can be better"),
    "five rows": (lines(LOG[:5]), WEIGHT, "is too short: its training split, 3 of 5 rows"),
    "names of rows": (lines().replace("\n20", "\n1,20"), WEIGHT, r"line 2 has another number of cells than line 1 \(expected 4 columns, got 5"),
    "an open quote": (lines().replace("\n2024-02-01,", '\n"2024-02-01,'), WEIGHT, "cannot be read"),
    "a zero byte": (lines().replace("7", "\0", 1), WEIGHT, "has a NUL byte"),
    "a workbook that is called CSV": ("PK\x03\x04" + lines(), WEIGHT, "is an Excel workbook or a zip archive"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_odd_is_refused_with_its_true_cause(kind, tmp_path):
    content, given, sentence = ODD[kind]
    (tmp_path / "log.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=sentence) as error:
        read(tmp_path, "log.csv", **given)
    assert "\n" not in str(error.value) and len(str(error.value)) < 800


@pytest.mark.parametrize("file", ["log.xls", "log.pdf", "log.ts", "log", "log.parquet.gz", "log.xlsx.gz"])
def test_other_files_are_refused_by_their_name(file, tmp_path):
    (tmp_path / file).write_text(lines())
    with pytest.raises(UsageError, match=r"log.* ends in .*; give a file that ends in \.csv"):
        read(tmp_path, file, **WEIGHT)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xff\xfe", b"a,b\n", b"\x1f\x8b\x08broken", b"PAR1", b'"', b",,,\n,,,\n", b"<html><body>404</body></html>\n" * 3, bytes(range(256)) * 9],
)
@pytest.mark.parametrize("file", ["log.csv", "log.csv.gz", "log.jsonl", "log.parquet"])
def test_a_damaged_file_is_one_sentence(file, content, tmp_path):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UsageError):
        read(tmp_path, file, **WEIGHT)


# --- time ---


def test_the_hour_that_daylight_saving_repeats_is_two_hours(tmp_path):
    utc = pd.date_range("2024-10-26 00:00", periods=DAYS, freq="h", tz="UTC")
    local = utc.tz_convert("Europe/Berlin")
    naive = LOG.assign(date=local.strftime("%Y-%m-%d %H:%M"))
    (tmp_path / "log.csv").write_text(lines(naive))
    with pytest.raises(UsageError, match=r'the same time .*timezone = "Europe/Berlin"'):
        read(tmp_path, "log.csv", **BY_DATE)
    task = read(tmp_path, "log.csv", **BY_DATE, timezone="Europe/Berlin", calendar=["hour"])
    found = decoded(task)
    assert found["hour"] == [str(hour) for hour in local.hour] and "in the zone Europe/Berlin" in said(task) and "missed" not in said(task)
    np.testing.assert_allclose(found["weight"], LOG.weight, rtol=1e-5)
    offsets = LOG.assign(date=[moment.isoformat() for moment in local])
    (tmp_path / "log.csv").write_text(lines(offsets.sample(frac=1, random_state=3)))
    again = read(tmp_path, "log.csv", **BY_DATE, timezone="Europe/Berlin", calendar=["hour"])
    assert decoded(again)["hour"] == found["hour"]
    np.testing.assert_allclose(decoded(again)["weight"], LOG.weight, rtol=1e-5)


def test_missed_steps_are_left_out_or_steps_of_their_own(tmp_path):
    """As pandas' `asfreq` makes them, of days and of months."""
    for dates, frequency in ((DATES, "D"), (pd.date_range("2019-01-31", periods=DAYS, freq="MS"), "MS")):
        log = LOG.assign(date=dates).drop([10, 11, 40])
        (tmp_path / "log.csv").write_text(lines(log))
        assert "3 are missed in 2 gaps" in said(read(tmp_path, "log.csv", **BY_DATE))
        with pytest.raises(UsageError, match=r'missed steps, which .* have no number in the column sleep; write fill = "last"'):
            read(tmp_path, "log.csv", **BY_DATE, gaps="steps")
        task = read(tmp_path, "log.csv", **BY_DATE, gaps="steps", fill="last", calendar=["weekday", "month"])
        regular = log.set_index("date").asfreq(frequency)
        found = decoded(task)
        np.testing.assert_allclose(found["sleep"], regular.sleep.ffill(), rtol=1e-5)
        assert found["weekday"] == list(regular.index.strftime("%a")) and found["month"] == list(regular.index.strftime("%b"))
        assert sum(task.facts.sequences) < DAYS  # a missed step is not asked for


def test_each_sequence_is_sorted_by_itself(tmp_path):
    people = pd.concat([LOG.assign(who=f"p{i}", weight=LOG.weight + i) for i in range(6)])
    (tmp_path / "log.csv").write_text(lines(people.sample(frac=1, random_state=4)))
    with pytest.raises(UsageError, match="not in the order of its column date"):
        read(tmp_path, "log.csv", **WEIGHT, sequence="who")
    task = read(tmp_path, "log.csv", **BY_DATE, sequence="who")
    weights = decoded(task)["weight"].reshape(6, DAYS)
    np.testing.assert_allclose(np.sort(weights[:, 0]), LOG.weight[0] + np.arange(6), rtol=1e-5)
    np.testing.assert_allclose(weights - weights[:, :1], np.tile(LOG.weight - LOG.weight[0], (6, 1)), atol=1e-3)


def test_the_first_numbers_of_a_sequence_are_filled_with_the_mean_and_never_from_another(tmp_path):
    people = pd.concat([LOG.assign(who=f"p{i}") for i in range(6)]).reset_index(drop=True)
    people.loc[people.index % DAYS < 3, "sleep"] = np.nan
    (tmp_path / "log.csv").write_text(lines(people))
    task = read(tmp_path, "log.csv", **BY_DATE, sequence="who", fill="last")
    sleep = decoded(task)["sleep"].reshape(6, DAYS)
    np.testing.assert_allclose(sleep[:, :3], LOG.sleep[3 : DAYS * 3 // 5].mean(), rtol=1e-4)


def test_true_lines_are_named_after_blank_lines_and_line_ends_in_quotes(tmp_path):
    noted = LOG.assign(note='two\nlines "quoted"')
    noted["sleep"] = noted.sleep.astype(object)
    noted.loc[30, "sleep"] = "?"
    text = lines(noted).replace("\n2024-02-01", "\n\n\n2024-02-01")
    (tmp_path / "log.csv").write_text(text)
    line = 1 + next(i for i, row in enumerate(text.split("\n")) if ",?," in row)
    with pytest.raises(UsageError, match=rf"'\?' in line {line};"):
        read(tmp_path, "log.csv", **WEIGHT)


def test_what_is_refused_can_be_allowed_by_the_line_that_is_named(tmp_path):
    (tmp_path / "log.csv").write_text(spoiled(3, "weight", "8100"))
    assert decoded(read(tmp_path, "log.csv", **WEIGHT, outliers=["weight"]))["weight"].max() == pytest.approx(8100)
    assert decoded(read(tmp_path, "log.csv", **WEIGHT, missing=["8100"], fill="mean"))["weight"].max() < 100
    (tmp_path / "log.csv").write_text(lines(LOG[::-1]))
    np.testing.assert_allclose(decoded(read(tmp_path, "log.csv", **WEIGHT, in_order=True))["weight"], LOG.weight[::-1], rtol=1e-5)
    counts = LOG.assign(weight=LOG.index % 30)
    (tmp_path / "log.csv").write_text(lines(counts))
    assert read(tmp_path, "log.csv", **{**WEIGHT, "target_kind": "class", "within": 0.0, "categories": ["weight"]}).output_size == 30


def test_a_profile_without_these_settings_is_the_same_task_as_before(tmp_path):
    shutil.copy(TABLES / "plain_rotation.csv", tmp_path)
    task = read(tmp_path, "plain_rotation.csv", **ROTATION)
    assert not {"time", "missing", "fill", "gaps"} & set(task.parameters) and not {"reading", "sequence"} & set(task.parameters["encoding"])
    timed = read(tmp_path, "plain_rotation.csv", **ROTATION, time="date")
    assert timed.parameters["time"] == "date" and make_task("table", 0, json.loads(json.dumps(timed.parameters)), tmp_path) == timed
