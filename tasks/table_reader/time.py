"""The time of a table's rows: read from one column or several, sorted, held against duplicates and gaps, and told as weekday, month and hour."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.table_reader.column import RawColumn, named_cells, toml_list
from unvanish.tasks.table_reader.settings import Reading

LOOKS = re.compile(
    r"\d{4}[-/]\d{1,2}([-/]\d{1,2})?([T ].*)?"
    r"|\d{4}\.\d{1,2}\.\d{1,2}([T ].*)?"
    r"|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"
    r"|\d{1,2}(?P<sign>[./-])\d{1,2}(?P=sign)(\d{4}|\d{2})([T ,].*)?"
    r"|(\w{3,9},? )?\d{1,2}[ .-]+[^\W\d]{3,9}\.?[ ,.-]+\d{2,4}([T ,].*)?"
    r"|[^\W\d]{3,9}\.? \d{1,2}, \d{4}([T ,].*)?"
    r"|\d{4}[- ]?([QM]\d{1,2}|W\d\d(-?[1-7])?)|Q[1-4][-/ ]?\d{4}"
)
QUARTER = re.compile(r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])|Q(?P<first>[1-4])[-/ ]?(?P<last>\d{4})")
MONTH = re.compile(r"(\d{4})[- ]?M(\d{1,2})")
WEEK = re.compile(r"(\d{4})[- ]?W(\d\d)(?:-?([1-7]))?")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?")
ISO = re.compile(r"\d{4}-\d\d(-\d\d)?([T ]\d\d:?\d\d.*)?")
DAY_FIRST = [f"%d{s}%m{s}{year}" for year in ("%Y", "%y") for s in "./-"]
MONTH_FIRST = [f"%m{s}%d{s}{year}" for year in ("%Y", "%y") for s in "./-"]
NAMED = [
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d. %B %Y",
    "%a %d %b %Y",
    "%a, %d %b %Y",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%b-%y",
]
DATES = [*DAY_FIRST, *MONTH_FIRST, "%Y/%m/%d", "%Y.%m.%d", "%Y/%m", "%Y%m%d", "%Y-%m-%d", "%m/%Y", "%m.%Y", *NAMED]
CLOCKS = [
    f"{between}{clock}" for between in (" ", ", ", "T") for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S%z", "%H:%M %z")
]
FORMATS = [day + clock for day, clock in product(DATES, ["", *CLOCKS])]
COMPONENTS = ("year", "month", "day", "hour", "minute", "second")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CALENDAR = {"weekday": WEEKDAYS, "month": MONTHS, "hour": tuple(map(str, range(24)))}
OFFSET = re.compile(r":\d\d(\.\d+)? ?(Z|[+-]\d\d:?(\d\d)?)$")
SAMPLE = 50  # different cells that decide on a format
MAX_TWO_DIGIT_SPAN = pd.Timedelta(days=60 * 365)  # beyond which years of two digits are of two centuries
MAX_GAP_ROWS = 10  # missed steps a row of the file


@dataclass(frozen=True, eq=False)
class Times:
    """When the rows of a table were, in the order of the file.

    keys   what rows are sorted by, the first first; a time in nanoseconds or a number
    local  the local time of each row; None where time is a number, as a cycle
    notes  how it was read
    """

    keys: tuple[NDArray[Any], ...]
    local: pd.DatetimeIndex | None
    notes: tuple[str, ...]


def looks_like_dates(cells: Sequence[str]) -> bool:
    """Return whether cells look like dates, as nearly all that are not empty must."""
    words = [cell.strip() for cell in cells if cell.strip()]
    return bool(words) and sum(LOOKS.fullmatch(word) is not None for word in words) >= 0.95 * len(words)


def looks_like_clock(cells: Sequence[str]) -> bool:
    """Return whether cells look like times of day."""
    words = [cell.strip() for cell in cells if cell.strip()]
    return bool(words) and all(CLOCK.fullmatch(word) for word in words)


def is_clock(raw: RawColumn) -> bool:
    """Return whether a column is one of times of day."""
    return looks_like_clock([str(word) for word in raw.words[:SAMPLE]])


def read_times(path: Path, columns: Mapping[str, RawColumn], reading: Reading, lines: NDArray[np.int32], row: str) -> Times:
    """Read the columns that a profile names as time; raise `UsageError` for a cell that is none."""
    for name in reading.time:
        empty = np.flatnonzero(columns[name].codes < 0)
        if len(empty):
            raise UsageError(
                f"{row} {lines[empty[0]]} of the table {path} has no {name}, which is its time; fill it in, or remove that {row} ({len(empty):,} in all)"
            )
    components = {name.lower(): columns[name] for name in reading.time}
    if "year" in components and set(components) <= set(COMPONENTS):
        return of_components(path, components, reading, lines, row)
    keys: list[NDArray[Any]] = []
    local: pd.DatetimeIndex | None = None
    notes: list[str] = []
    has_offset = False
    for name in reading.time:
        raw = columns[name]
        if is_clock(raw) and local is not None:
            clock = pd.to_timedelta([clock_text(str(word)) for word in raw.words]).to_numpy().astype("timedelta64[us]")
            local = pd.DatetimeIndex(local.to_numpy().astype("datetime64[us]") + clock[raw.codes])
            keys[0] = local.asi8
            continue
        numbers = raw.numbers
        if numbers is not None and not looks_like_dates([str(word) for word in raw.words[:SAMPLE]]):
            keys.append(raw.values[raw.codes])
            notes.append(f"{name} is a number by which rows are sorted")
            continue
        if local is not None:
            raise UsageError(f"time of the table {path} names {name}, which is neither a time of day nor a number; name one column of dates")
        parsed, note = parse_dates(path, raw, reading, lines, row)
        local = parsed[raw.codes]
        keys.insert(0, local.asi8)
        notes.append(note)
        offsets = np.array([OFFSET.search(str(word)) is not None for word in raw.words])
        if offsets.any() and not offsets.all():
            raise UsageError(
                f"the column {name} of the table {path} has times with their offset from UTC and others without one, as "
                f"{named_cells(raw, np.flatnonzero(~offsets)[:1], lines, row)}; write it in all of them, or in none"
            )
        has_offset = has_offset or bool(offsets.any())
    if has_offset:
        notes.append("with its offset from UTC")
    if reading.timezone and local is not None:
        if has_offset:
            local = local.tz_localize("UTC").tz_convert(check_zone(path, reading.timezone)).tz_localize(None)
        else:
            local, keys[0] = in_zone(path, local, reading.timezone)
        notes.append(f"in the zone {reading.timezone}")
    return Times(tuple(keys), local, tuple(notes))


def clock_text(word: str) -> str:
    """A time of day as pandas reads a duration."""
    if word[-1] in "mM":
        return str(pd.to_datetime(word).time())
    return word if word.count(":") == 2 else f"{word}:00"


def of_components(path: Path, components: Mapping[str, RawColumn], reading: Reading, lines: NDArray[np.int32], row: str) -> Times:
    """Read the time from columns of year, month, day, hour, minute and second."""
    for raw in components.values():
        if raw.numbers is None:
            raise UsageError(
                f"the column {raw.name} of the table {path} is part of its time, and {named_cells(raw, raw.odd_words, lines, row)} is no number; correct it"
            )
    values = {name: raw.values[raw.codes] for name, raw in components.items()}
    values = {"month": np.ones(len(lines)), "day": np.ones(len(lines)), **values}
    parsed = pd.to_datetime(pd.DataFrame(values), errors="coerce")
    wrong = np.flatnonzero(parsed.isna())
    if len(wrong):
        given = ", ".join(f"{raw.name} {raw.word(int(wrong[0]))}" for raw in components.values())
        raise UsageError(f"{row} {lines[wrong[0]]} of the table {path} has the time {given}, which is none; correct it")
    local = pd.DatetimeIndex(parsed).as_unit("us")
    notes = [f"from the columns {', '.join(raw.name for raw in components.values())}"]
    key = local.asi8
    if reading.timezone:
        local, key = in_zone(path, local, reading.timezone)
        notes.append(f"in the zone {reading.timezone}")
    return Times((key,), local, tuple(notes))


def parse_dates(path: Path, raw: RawColumn, reading: Reading, lines: NDArray[np.int32], row: str) -> tuple[pd.DatetimeIndex, str]:
    """Return the time of each word of a column and how it was read; raise `UsageError` for a word that is no time, and where the day may be the month."""
    words = [from_period(str(word)) for word in raw.words]
    if all(ISO.fullmatch(word) for word in words[:SAMPLE]):
        parsed, note = parsed_as(words, "ISO8601"), f"{raw.name} as year-month-day"
    else:
        form, note = date_format(path, raw, words, reading)
        parsed = parsed_as(words, form) if form else pd.DatetimeIndex([pd.NaT] * len(words))
        day = next((day for day in DATES if form.startswith(day) and form[len(day) :] in ("", *CLOCKS)), "")
        for clock in ["", *CLOCKS] if day else []:  # some programs leave the time of midnight out
            left = np.flatnonzero(parsed.isna())
            if not len(left):
                break
            filled = parsed.to_series(index=range(len(words)))
            filled.iloc[left] = parsed_as([words[i] for i in left], day + clock)
            parsed = pd.DatetimeIndex(filled)
    wrong = np.flatnonzero(parsed.isna())
    if len(wrong):
        raise UsageError(
            f"the column {raw.name} of the table {path} has times, and {named_cells(raw, wrong, lines, row)} cannot be read as one; "
            "correct it, as 2024-01-31 08:00"
        )
    if "two-digit" in note and parsed.max() - parsed.min() > MAX_TWO_DIGIT_SPAN:
        raise UsageError(
            f"the column {raw.name} of the table {path} has years of two digits, such as {shown(words[0])}, from {parsed.min().year} to {parsed.max().year} "
            "if 69 is 1969 and 68 is 2068; write them with four digits"
        )
    return parsed, note


def from_period(word: str) -> str:
    """The first day of a quarter (2020Q1), a month (2020M01) or a week of ISO 8601 (2020-W45), as year-month-day; any other word as it is."""
    if found := QUARTER.fullmatch(word):
        return f"{found['year'] or found['last']}-{3 * int(found['quarter'] or found['first']) - 2:02}-01"
    if found := MONTH.fullmatch(word):
        return f"{found[1]}-{int(found[2]):02}-01"
    if found := WEEK.fullmatch(word):
        try:
            return str(date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1)))
        except ValueError:
            return word
    return word


def parsed_as(words: Sequence[str], form: str) -> pd.DatetimeIndex:
    """Return words as times in microseconds, without a zone: those that have one in UTC; NaT where a word is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = pd.DatetimeIndex(pd.to_datetime(pd.Index(words, dtype=object), format=form, errors="coerce", utc=True))
    return parsed.tz_localize(None).as_unit("us")


def date_format(path: Path, raw: RawColumn, words: Sequence[str], reading: Reading) -> tuple[str, str]:
    """Return the format of dates, as `strptime` names it, and how it reads in words; raise `UsageError` where it may be either of two."""
    sample = words[:: max(len(words) // SAMPLE, 1)]
    possible = {form for form in FORMATS for word in sample[:3] if is_time(word, form)}
    fit = {form: int(parsed_as(sample, form).notna().sum()) for form in FORMATS if form in possible}
    best = [form for form, count in fit.items() if count == max(fit.values())]
    if not best:
        return "", ""
    by_day = [form for form in best if any(form.startswith(day) for day in DAY_FIRST)]
    by_month = [form for form in best if any(form.startswith(day) for day in MONTH_FIRST)]
    if by_day and by_month:
        whole = {True: int(parsed_as(words, by_day[0]).notna().sum()), False: int(parsed_as(words, by_month[0]).notna().sum())}
        decided = reading.day_first if reading.day_first is not None else None
        if decided is None and whole[True] != whole[False]:
            decided = whole[True] > whole[False]
        if decided is None:
            regular = {first: is_regular(parsed_as(words, forms[0])[raw.codes]) for first, forms in ((True, by_day), (False, by_month))}
            decided = regular[True] if regular[True] != regular[False] else True if by_day[0][2] == "." else None
        if decided is None:
            raise UsageError(
                f"the column {raw.name} of the table {path} has dates such as {shown(words[0])}, whose day or month may be first; "
                "write day_first = true or day_first = false in the parameters"
            )
        best = by_day if decided else by_month
    form = best[0]
    first = "the day first" if form in by_day else "the month first" if form in by_month else form
    years = ", two-digit years" if "%y" in form else ""
    return form, f"{raw.name} as dates, {first}{years} ({shown(words[0])} is {parsed_as(words[:1], form)[0].date()})"


def is_time(word: str, form: str) -> bool:
    """Return whether a word has a format, much sooner than pandas does."""
    try:
        datetime.strptime(word, form)
    except ValueError:
        return False
    return True


def is_regular(times: pd.DatetimeIndex) -> bool:
    """Return whether times are in order, either way."""
    return bool(times.is_monotonic_increasing or times.is_monotonic_decreasing)


def check_zone(path: Path, zone: str) -> str:
    """Return a time zone; raise `UsageError` where there is none of that name."""
    try:
        return ZoneInfo(zone).key
    except (ValueError, OSError, KeyError):
        raise UsageError(f"timezone of the table {path} is {shown(zone)}, which is none; give one such as 'Europe/Berlin' or 'UTC'") from None


def in_zone(path: Path, local: pd.DatetimeIndex, zone: str) -> tuple[pd.DatetimeIndex, NDArray[Any]]:
    """Return local times and the moments in UTC; the hour that occurs twice in autumn is told apart by the order of rows."""
    check_zone(path, zone)
    descending = len(local) > 1 and bool(local[0] > local[-1])
    try:
        moments = (local[::-1] if descending else local).tz_localize(zone, ambiguous="infer")
    except ValueError as error:
        raise UsageError(
            f"the times of the table {path} do not fit the zone {zone} ({str(error)[:120]}); the hour that occurs twice in autumn needs both of its hours in "
            "order, so write the times with their offset, or leave timezone out"
        ) from None
    return local, (moments[::-1] if descending else moments).asi8


def calendar_column(part: str, local: pd.DatetimeIndex) -> RawColumn:
    """Return weekday, month or hour of each row as a column."""
    numbers = {"weekday": local.weekday, "month": local.month - 1, "hour": local.hour}[part]
    return RawColumn(part, np.asarray(numbers, np.int32), pd.Index(CALENDAR[part], dtype=str))


def sorted_rows(
    path: Path, times: Times, sequence: RawColumn | None, lines: NDArray[np.int32], row: str, columns: Mapping[str, RawColumn], reading: Reading
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the rows of the file by time, of each sequence by itself, and what is to be told; raise `UsageError` for two rows of one time."""
    codes = np.zeros(len(lines), np.int32) if sequence is None else sequence.codes
    order = np.lexsort((*reversed(times.keys), codes))
    keys = np.stack([codes[order].astype(np.float64), *(key[order].astype(np.float64) for key in times.keys)])
    exact = np.all([np.diff(codes[order]) == 0, *(np.diff(key[order]) == 0 for key in times.keys)], axis=0)
    twice = np.flatnonzero(exact)
    if len(twice):
        first, second = sorted((int(order[twice[0]]), int(order[twice[0] + 1])))
        when = " ".join(columns[name].word(first) for name in reading.time)
        part = "" if sequence is None else f" of {sequence.name} {shown(sequence.word(first))}"
        raise UsageError(
            f"{row}s {lines[first]} and {lines[second]} of the table {path} have the same time {shown(when)}{part}, as have {len(twice):,} pairs in all; "
            f"{duplicate_hint(sequence, times)}"
        )
    positions = [order[codes[order] == code] for code in ([0] if sequence is None else np.unique(codes))] if len(keys) else []
    moved = [part for part in positions if (np.diff(part) < 0).any()]
    if not moved:
        return order, ("rows are in the order of time",)
    newest_first = all((np.diff(part) < 0).all() for part in positions if len(part) > 1)
    return order, (
        "rows are the newest first in the file, and were sorted by time" if newest_first else "rows were not in the order of time, and were sorted by it",
    )


def duplicate_hint(sequence: RawColumn | None, times: Times) -> str:
    """Say what can be done about two rows of one time."""
    hints = ["remove one of them"]
    if sequence is None:
        hints.append('name the column that parts them, as sequence = "person"')
    hints.append("name a further column of time that does")
    if times.local is not None and (np.diff(np.sort(times.keys[0])) < 86_400_000_000).any():
        hints.append('or give timezone = "Europe/Berlin" where it is the hour that daylight saving repeats')
    return ", ".join(hints)


@dataclass(frozen=True)
class Step:
    """The step from one time to the next: so many months, or so much of the first key."""

    size: float
    months: bool


def usual_step(key: NDArray[Any], local: pd.DatetimeIndex | None, first: NDArray[np.bool_]) -> Step | None:
    """Return the most frequent step between rows, whose `first` of a sequence has none; None where there is no step."""
    if local is not None and len(local) > 2 and len(set(local.day)) == 1:
        months = np.diff(local.year * 12 + local.month)[~first[1:]]
        if len(months) and (months > 0).all():
            return Step(float(np.min(months)), True)
    steps = np.diff(key)[~first[1:]]
    if not len(steps):
        return None
    sizes, counts = np.unique(steps, return_counts=True)
    return Step(float(sizes[counts.argmax()]), False)


def missed_steps(key: NDArray[Any], local: pd.DatetimeIndex | None, first: NDArray[np.bool_], step: Step) -> NDArray[np.int64]:
    """How many steps were missed before each row."""
    place = local.year * 12 + local.month if step.months and local is not None else key
    distances = np.diff(place, prepend=place[:1])
    missed = np.maximum(np.round(distances / step.size).astype(np.int64) - 1, 0) if step.size else np.zeros(len(key), np.int64)
    missed[first] = 0
    return missed


def describe_step(step: Step, local: pd.DatetimeIndex | None) -> str:
    """A step in words."""
    if step.months:
        return f"{step.size:g} month{'s' if step.size > 1 else ''}"
    if local is None:
        return f"{step.size:g}"
    seconds = step.size / 1e6
    unit, size = next(
        ((unit, size) for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)) if seconds >= size and seconds % size == 0), ("second", 1)
    )
    return f"{seconds / size:g} {unit}{'s' if seconds != size else ''}"


def check_counters(path: Path, counters: Sequence[RawColumn], sequence: RawColumn | None, lines: NDArray[np.int32], row: str) -> None:
    """Raise `UsageError` where a column of numbers that is called a time, as year, falls from every row to the next: the newest rows are first."""
    codes = np.zeros(len(lines), np.int32) if sequence is None else sequence.codes
    by_sequence = np.argsort(codes, kind="stable")
    for raw in counters:
        steps = np.diff(raw.values_by_row[by_sequence])[np.diff(codes[by_sequence]) == 0]
        if raw.numbers is not None and len(steps) > 1 and (steps < 0).all():
            raise UsageError(
                f"the rows of the table {path} are not in the order of its column {raw.name} (the newest rows are first): {shown(raw.word(1))} in {row} "
                f'{lines[1]} comes after {shown(raw.word(0))} in {row} {lines[0]}; write time = "{raw.name}" to sort by it, or in_order = true where the rows '
                "are in their order as they are"
            )


def check_order_of_dates(
    path: Path, file_dates: Sequence[RawColumn], clocks: Sequence[RawColumn], sequence: RawColumn | None, lines: NDArray[np.int32], row: str
) -> None:
    """Raise `UsageError` where a column of dates says that rows are not in their order, or have the same date, and the profile names no time."""
    for raw in file_dates:
        try:
            with_time = [raw.name, *(clock.name for clock in clocks[:1])]
            columns = {column.name: column for column in (raw, *clocks[:1])}
            if (raw.codes < 0).any():
                continue
            times = read_times(path, columns, Reading(time=tuple(with_time)), lines, row)
        except UsageError as error:
            raise UsageError(f"{error}; without time, write in_order = true where the rows are in their order, the oldest first") from None
        given = f'time = "{raw.name}"' if len(with_time) == 1 else f"time = {toml_list(with_time)}"
        codes = np.zeros(len(lines), np.int32) if sequence is None else sequence.codes
        by_sequence = np.argsort(codes, kind="stable")
        steps = np.diff(times.keys[0][by_sequence])[np.diff(codes[by_sequence]) == 0]
        place = np.flatnonzero(np.diff(codes[by_sequence]) == 0)
        back, same = np.flatnonzero(steps < 0), np.flatnonzero(steps == 0)
        if not len(back) and not len(same):
            continue
        earlier, later = (int(by_sequence[place[(back if len(back) else same)[0]] + i]) for i in (0, 1))
        last, first = f"{shown(raw.word(later))} in {row} {lines[later]}", f"{shown(raw.word(earlier))} in {row} {lines[earlier]}"
        if len(back):
            newest = " (the newest rows are first)" if (steps <= 0).all() else ""
            raise UsageError(
                f"the rows of the table {path} are not in the order of its column {raw.name}{newest}: {last} comes after {first}; "
                f"write {given} to sort by it, or in_order = true where the rows are in their order as they are"
            )
        hint = "" if sequence else ', name the column that parts them, as sequence = "person"'
        raise UsageError(
            f"two rows of the table {path} have the same {raw.name}, {first} and {last}, as have {len(same):,} pairs in all; remove one of them{hint}, "
            f'name two columns of time, as time = ["{raw.name}", "number"], or write in_order = true where such rows are in their order'
        )
