"""Tables of statistics offices, weather services, watches and spreadsheets: each is read right, or refused with its true cause."""

import io
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.tasks.test_exported_tables import BY_DATE, DATES, DAYS, LOG, WEIGHT, decoded, lines, read, said
from unvanish.tasks.errors import UsageError
from unvanish.tasks.repeats import PERSISTENCE, repeats

ROWS = lines().splitlines()
NEWEST_FIRST = r"not in the order of its column \w+ \(the newest rows are first\)"
WEEKS = [date.fromisocalendar(2020 + (40 + i) // 52, (40 + i) % 52 + 1, 1).isocalendar() for i in range(DAYS)]


def parquet(**changes):
    file = io.BytesIO()
    LOG.assign(**changes).to_parquet(file)
    return file.getvalue()


def with_cell(column, cell, row=5):
    return lines(**{column: [cell if i == row else value for i, value in enumerate(LOG[column])]})


def grouped(sign, point):
    """Amounts of thousands with a sign between groups of three digits."""
    return [f"{100 * value:,.1f}".replace(".", "_").replace(",", sign).replace("_", point) for value in LOG.weight]


RIGHT = {
    "a title above the names": ("My log 2024\n\n" + lines(), BY_DATE, "line 3 names the columns"),
    "a title padded with separators": ("My log 2024,,,\n,,,\n" + lines(), BY_DATE, "line 3 names the columns"),
    "two lines of names": ("Body,,,\n" + lines(), BY_DATE, "line 2 names the columns"),
    "the separator in the first line": ("sep=,\n" + lines(), BY_DATE, "line 2 names the columns"),
    "comments above the names": ("# device 7\n# unit kg, h\n" + lines(), BY_DATE, "line 3 names the columns"),
    "quarters": (lines(date=[f"{1990 + i // 4}Q{i % 4 + 1}" for i in range(DAYS)]), BY_DATE, "the usual step is 3 months"),
    "quarters first": (lines(date=[f"Q{i % 4 + 1} {1990 + i // 4}" for i in range(DAYS)]), BY_DATE, "the usual step is 3 months"),
    "months of SDMX": (lines(date=[f"{1990 + i // 12}M{i % 12 + 1:02}" for i in range(DAYS)]), BY_DATE, "the usual step is 1 month\n"),
    "weeks of ISO 8601": (lines(date=[f"{year}-W{week:02}" for year, week, _ in WEEKS]), BY_DATE, "the usual step is 7 days"),
    "columns of one width": (
        "station  date       sleep  weight\n"
        + "".join(f"030050   {d:%Y%m%d}   {s:4.1f}  {w:6.2f}\n" for d, s, w in zip(DATES, LOG.sleep, LOG.weight, strict=True)),
        BY_DATE,
        "parted by spaces",
    ),
    "a title above columns of one width": (
        "Heathrow (London Airport)\nLocation 507800E, 25m amsl\n"
        + "  yyyy  mm  sleep  weight\n"
        + "".join(f"  {1948 + i // 12}  {i % 12 + 1}  {s}  {w}\n" for i, (s, w) in enumerate(zip(LOG.sleep, LOG.weight, strict=False))),
        WEIGHT,
        "line 3 names the columns",
    ),
    "a separator at the end of every line": (lines().replace("\n", ",\n"), BY_DATE, "60 rows"),
    "degrees in Latin-1": (lines(did="21 °C").encode("latin-1"), BY_DATE, "Windows-1252"),
    "hard spaces": (lines(weight=[f"\u00a0{value}\u00a0" for value in LOG.weight]), BY_DATE, "spaces around"),
    "serial dates": (lines(date=range(45311, 45371)), BY_DATE, "a number by which rows are sorted"),
    "offsets of summer and winter": (
        lines(date=[f"{d:%Y-%m-%d} 08:00:00 {'+0100' if d.month < 4 else '+0200'}" for d in DATES]),
        BY_DATE,
        "its offset from UTC",
    ),
    "spaces instead of a name": ("  \n" + lines(), BY_DATE, "60 rows"),
    "names that differ in case": (lines(Weight=1), BY_DATE, "60 rows"),
    "two unused columns of one name": (lines(x=1, y=2).replace(",x,y\n", ",x,x\n"), BY_DATE, "60 rows"),
    "500 columns": (lines(pd.concat([LOG, pd.DataFrame(np.ones((DAYS, 496)), columns=[f"c{i}" for i in range(496)])], axis=1)), BY_DATE, "60 rows"),
    "zeros in front": (
        lines(did="007").replace("007", "042", 1),
        {**BY_DATE, "inputs": ["sleep", "did"]},
        r"zeros in front, as '042'.*categories = \[\"did\"\]",
    ),
    "upper and lower case": (lines(did=["yes", "Yes"] * 30), {**BY_DATE, "inputs": ["sleep", "did"]}, "'yes' and 'Yes' differ in upper and lower case alone"),
    "two ways to write zero": (lines(did=["0", "-0.0"] * 30), {**BY_DATE, "inputs": ["sleep", "did"]}, "it is always '0' in the training split"),
}
PARQUET = {
    "categories": {"did": LOG.did.astype("category")},
    "numbers as categories": {"sleep": LOG.sleep.astype("category")},
    "a time zone": {"date": DATES.tz_localize("Europe/Berlin")},
    "decimals": {"weight": LOG.weight.map(lambda value: __import__("decimal").Decimal(str(value)))},
}
WRONG = {
    "flags of Eurostat": (
        with_cell("weight", "79.86 p"),
        BY_DATE,
        r"'79.86 p' as weight.*a flag into a column of its own|'79.86 p' as weight, which is no number",
    ),
    "a flag at every number": (lines(weight=[f"{value} p" for value in LOG.weight]), BY_DATE, r"are no number; a unit .*a flag .*\); correct it$"),
    "two points": (with_cell("weight", ".."), BY_DATE, r"'\.\.' as weight, .*missing = \[\"\.\.\"\]"),
    "a point": (with_cell("weight", "."), BY_DATE, r"'\.' as weight, .*missing = \[\"\.\"\]"),
    "a footer": (lines() + "Source: ONS\n", BY_DATE, "line 62 has another number of cells .*'Source: ONS'"),
    "a padded footer": (lines() + "Source: ONS,,,\n", WEIGHT, "'Source: ONS' in line 62 cannot be read.*in_order = true"),
    "a line of means": (lines() + "Average,7,80,\n", WEIGHT, "'Average' in line 62 cannot be read"),
    "several series": (lines(pd.concat([LOG.assign(key=key) for key in ("USD", "GBP")])), BY_DATE, "lines 2 and 62 .* the same time"),
    "quarters, the newest first": (lines(date=[f"{2020 - i // 4}Q{4 - i % 4}" for i in range(DAYS)]), WEIGHT, NEWEST_FIRST),
    "months of SDMX, the newest first": (lines(date=[f"{2020 - i // 12}M{12 - i % 12:02}" for i in range(DAYS)]), WEIGHT, NEWEST_FIRST),
    "weeks, the newest first": (lines(date=[f"{year}-W{week:02}" for year, week, _ in WEEKS[::-1]]), WEIGHT, NEWEST_FIRST),
    "years, the newest first": (lines(date=range(2019, 1959, -1)).replace("date", "year"), WEIGHT, NEWEST_FIRST),
    "seconds, the newest first": (lines(date=range(1_700_000_000, 1_699_999_940, -1)).replace("date", "timestamp"), WEIGHT, NEWEST_FIRST),
    "German months": (
        lines(date=[f"{d.day}. {['Januar', 'Februar', 'März'][d.month - 1]} 2024" for d in DATES]),
        WEIGHT,
        "Januar 2024' in line 2.*cannot be read",
    ),
    "durations": (lines(sleep=[f"1:{i % 20:02}:45" for i in range(DAYS)]), BY_DATE, "'1:00:45' in .*a time of day or a duration is neither"),
    "a pace": (lines(sleep=[f"5:{i % 20:02}" for i in range(DAYS)]), BY_DATE, "'5:00' in .*write hours, minutes or seconds as a number"),
    "no pace": (with_cell("sleep", "--"), BY_DATE, r"'--' in line 7; .*missing = \[\"--\"\]"),
    "thousands, of few values": (lines(sleep=[f"{i % 9 + 1},500" for i in range(DAYS)]), BY_DATE, "'1,500' in .*parts thousands"),
    "thousands and a point": (lines(weight=grouped(",", ".")), BY_DATE, "what parts thousands is none of a number"),
    "thousands of Switzerland": (lines(weight=grouped("'", ".")), BY_DATE, "what parts thousands is none of a number"),
    "thousands of France": (lines(separator=";", weight=grouped("\u202f", ",")), BY_DATE, "what parts thousands is none of a number"),
    "thousands of Germany": (lines(separator=";", sleep=[f"{i % 9 + 1}.500,00" for i in range(DAYS)]), BY_DATE, "'1.500,00' in .*what parts thousands"),
    "a point that may part thousands": (
        lines(weight=[f"{i + 1}.250" if i % 2 else i + 900 for i in range(60)]),
        BY_DATE,
        "whose point may be a decimal sign or part thousands",
    ),
    "percent, of few values": (lines(sleep=[f"{i % 9}%" for i in range(DAYS)]), BY_DATE, "'0%' in .*a unit belongs"),
    "a currency": (lines(weight=[f"${value}" for value in LOG.weight]), BY_DATE, r"'\$81.69' as weight.*a unit belongs"),
    "parentheses": (lines(sleep=[f"({value})" if i % 3 == 0 else value for i, value in enumerate(LOG.sleep)]), BY_DATE, "in parentheses may be a negative one"),
    "a mark at a number": (with_cell("weight", "81.7*"), BY_DATE, r"line 7 .*'81.7\*' as weight, which is no number; correct it"),
    "below detection": (with_cell("sleep", "<6.5"), BY_DATE, r"'<6.5' in line 7; correct it"),
    "an error of a spreadsheet": (with_cell("sleep", "#DIV/0!"), BY_DATE, "'#DIV/0!' in line 7"),
    "a formula for a text": (lines(weight=[f'="{value}"' for value in LOG.weight]), BY_DATE, "which is no number"),
    "units below the names": ("\n".join([ROWS[0], ",h,kg,", *ROWS[1:]]), WEIGHT, "line 2 .* has 'kg' as weight"),
    "names in the middle": ("\n".join([*ROWS[:30], ROWS[0], *ROWS[30:]]), BY_DATE, "line 31 .* names the columns again, as line 1 does; remove that line"),
    "names in the middle of classes": (
        "did\n" + "run\nswim\n" * 10 + "did\n" + "run\nswim\n" * 10,
        {"inputs": [], "previous": ["did"], "target": "did", "steps": 3},
        "line 22 .* names the columns again",
    ),
    "a separator at the end of data": ("\n".join([ROWS[0], *(f"{row}," for row in ROWS[1:])]), BY_DATE, "expected 4 columns, got 5"),
    "a comment in the middle": ("\n".join([*ROWS[:20], "# battery changed", *ROWS[20:]]), BY_DATE, "line 21 .*'# battery changed'"),
    "a short line": ("\n".join([*ROWS[:20], "2024-02-08,7.5", *ROWS[20:]]), BY_DATE, "line 21 .*expected 4 columns, got 2"),
    "two columns of one name": (lines().replace(",did\n", ",weight\n"), BY_DATE, "has 2 columns called 'weight'"),
    "names alone": (ROWS[0] + "\n", BY_DATE, "has no rows"),
    "one row": ("\n".join(ROWS[:2]), BY_DATE, "too short: it has 1 row, and three splits need at least 5"),
    "no target at all": (lines(weight=""), BY_DATE, "not one cell is one; give a column with numbers$"),
    "offsets in some times": (
        lines(date=[f"{d:%Y-%m-%dT%H:%M:%S}{'+02:00' if d.day % 2 else ''}" for d in DATES]),
        BY_DATE,
        "with their offset from UTC and others without",
    ),
    "years of two centuries": (lines(date=pd.date_range("1960-01-01", periods=DAYS, freq="YS").strftime("%d.%m.%y")), BY_DATE, "years of two digits"),
    "a trillion": (with_cell("weight", "1000000000000"), BY_DATE, r"'1000000000000' in line 7.*outliers = \[\"weight\"\]"),
    "digits of Arabic": (with_cell("weight", "٨٢.٧"), BY_DATE, "line 7 .* as weight, which is no number"),
    "zero bytes at the end": (lines().encode() + bytes(64), BY_DATE, "has a NUL byte"),
    "UTF-16 without a mark": (lines().encode("utf-16-le"), BY_DATE, "has a NUL byte"),
    "the thirtieth of February": (lines().replace("2024-02-28", "2024-02-30"), BY_DATE, "'2024-02-30' in line 41 cannot be read"),
    "a web page": (f"<html>{LOG.to_html()}</html>", BY_DATE, "no column"),
}


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_certain_is_read_right(kind, tmp_path):
    content, given, words = RIGHT[kind]
    write(tmp_path, "my log (2).csv", content)
    task = read(tmp_path, "my log (2).csv", **given)
    found = decoded(task)
    np.testing.assert_allclose(found["weight"], LOG.weight, rtol=1e-5)
    np.testing.assert_allclose(found["sleep"], LOG.sleep, rtol=1e-5)
    assert pd.Series([said(task) + "\n"]).str.contains(words, regex=True).all(), said(task)


@pytest.mark.parametrize("kind", PARQUET)
def test_the_types_of_parquet_are_read_right(kind, tmp_path):
    write(tmp_path, "log.parquet", parquet(**PARQUET[kind]))
    found = decoded(read(tmp_path, "log.parquet", **{**BY_DATE, "inputs": ["sleep", "did"]}))
    np.testing.assert_allclose(found["weight"], LOG.weight, rtol=1e-5)
    np.testing.assert_allclose(found["sleep"], LOG.sleep, rtol=1e-5)
    assert found["did"] == list(LOG.did)


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_not_certain_is_refused_with_its_true_cause(kind, tmp_path):
    content, given, sentence = WRONG[kind]
    write(tmp_path, "log.csv", content)
    with pytest.raises(UsageError, match=sentence) as error:
        read(tmp_path, "log.csv", **given)
    assert "\n" not in str(error.value)


def test_lists_and_objects_in_cells_are_refused(tmp_path):
    write(tmp_path, "log.parquet", parquet(sleep=[[1, 2]] * DAYS))
    rows = [{"date": str(day.date()), "sleep": {"h": 7}, "weight": weight} for day, weight in zip(DATES, LOG.weight, strict=True)]
    write(tmp_path, "log.jsonl", "\n".join(map(json.dumps, rows)))
    for file in ("log.parquet", "log.jsonl"):
        with pytest.raises(UsageError, match=r"the column sleep .* has lists or objects in its cells"):
            read(tmp_path, file, **BY_DATE)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_numbers_of_any_size_are_scaled(scale, tmp_path):
    """Where squares of them would be 0 or infinite."""
    write(tmp_path, "log.csv", lines(sleep=[f"{value * scale:g}" for value in LOG.sleep]))
    task = read(tmp_path, "log.csv", **BY_DATE)
    plain = LOG.sleep[: DAYS * 3 // 5]
    np.testing.assert_allclose(task.rows.cells["sleep"], (LOG.sleep - plain.mean()) / plain.std(ddof=0), rtol=1e-4, atol=1e-5)


def test_small_differences_of_large_numbers_are_kept(tmp_path):
    write(tmp_path, "log.csv", lines(weight=[f"{1e9 + value:.2f}" for value in LOG.weight]))
    task = read(tmp_path, "log.csv", **BY_DATE)
    plain = LOG.weight[: DAYS * 3 // 5]
    np.testing.assert_allclose(task.rows.cells["weight"], (LOG.weight - plain.mean()) / plain.std(ddof=0), atol=1e-4)


def people(ask="every_row"):
    """Six sequences of 60 days, each of which begins five days after the one before; the target is the day."""
    frames = [LOG.assign(who=f"p{i}", date=LOG.date + pd.Timedelta(days=5 * i), weight=LOG.index + 5.0 * i) for i in range(6)]
    return lines(pd.concat(frames)), {**BY_DATE, "sequence": "who", "ask": ask}


@pytest.mark.parametrize("ask", ["every_row", "last_row"])
def test_with_dates_no_sequence_is_tested_on_before_another_is_trained_on(ask, tmp_path):
    content, given = people(ask)
    write(tmp_path, "log.csv", content)
    task = read(tmp_path, "log.csv", **given)
    days = decoded(task)["weight"]
    training, validation, test = (days[task.rows.ends[split]] for split in ("training", "validation", "test"))
    assert training.max() < validation.min() <= validation.max() < test.min()
    assert ("every who is cut at the same times" if ask == "every_row" else "those that end latest are tested on") in said(task)


def test_what_repeats_the_row_before_sees_across_the_cut_of_a_sequence(tmp_path):
    """As pandas shifts each sequence."""
    content, given = people()
    write(tmp_path, "log.csv", content)
    task = read(tmp_path, "log.csv", **given)
    days = pd.Series(decoded(task)["weight"])
    ends = task.rows.ends["test"]
    scaled = repeats(task, ends)[PERSISTENCE] * task.log_encoding.target.scale + task.log_encoding.target.mean
    np.testing.assert_allclose(scaled, days.groupby(np.arange(6).repeat(DAYS)).shift(1)[ends], atol=1e-3)
