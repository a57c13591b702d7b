"""A column of a table as it was read: its different cells, which of them are numbers, and what is odd about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown

EMPTY_NUMBERS = ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None")  # of a column of numbers; elsewhere they are values
POINT = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
COMMA = POINT.replace(r"\.", ",")
GROUPED = r"[-+]?[0-9]{1,3}(?:[.,'\u2019 \u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?"
POINTS = r"[-+]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+"
THOUSANDS = r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+"
CURRENCY = "$\u20ac\u00a3\u00a5\u20b9"
AMOUNT = rf"(?:{POINT}|{COMMA}|{GROUPED})"
WITH_UNIT = re.compile(rf"{AMOUNT}\s*(?:[^\W\d_]|[%\u00b0{CURRENCY}])[^\d:/(-]{{0,7}}|[-+]?[{CURRENCY}]\s*{AMOUNT}")
DURATION = re.compile(r"[-+]?[0-9]+(?::[0-5][0-9]){1,2}(?:[.,][0-9]+)?(?: ?[AaPp][Mm])?")
SENTINELS = tuple(float(sign * number) for number in (99, 999, 9999, 99999, 999999, 99.9, 999.9, 32768) for sign in (-1, 1))
MAX_ODD = 3  # different cells that a sentence names
MAX_LINES = 3  # places of each
MIN_FOR_OUTLIER = 10  # different numbers from which on one can be far from all others
FAR = 5.0  # times the range of all others
MAX_OUTLIERS = 3  # different numbers of a column


@dataclass(frozen=True, eq=False)
class RawColumn:
    """A column as text.

    codes    int32, one a row: the place of its word in `words`; -1 where the cell is empty
    words    every different cell once, without spaces around it, in the order of their first appearance
    decimal  the decimal sign of its numbers
    spaced   cells that had spaces around them
    """

    name: str
    codes: NDArray[np.int32]
    words: pd.Index
    decimal: str = "."
    spaced: int = 0

    def rows(self, chosen: NDArray[np.integer]) -> RawColumn:
        """The same column with these rows alone, -1 for an empty one, and the words of these."""
        codes = np.append(self.codes, np.int32(-1))[chosen]
        used = np.unique(codes[codes >= 0])
        place = np.full(len(self.words) + 1, -1, np.int32)
        place[used] = np.arange(len(used))
        return replace(self, codes=place[codes], words=self.words[used])

    def in_order(self, order: NDArray[np.integer]) -> RawColumn:
        """The same words with the rows in another order, -1 for an empty one."""
        return replace(self, codes=np.append(self.codes, np.int32(-1))[order])

    def with_decimal(self, decimal: str) -> RawColumn:
        """The same column with its numbers written with another decimal sign."""
        return self if decimal == self.decimal else replace(self, decimal=decimal)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The number that each word is; NaN where it is none."""
        words = self.words.astype(str)
        numbers = np.full(len(words), np.nan)
        if not len(words):
            return numbers
        matches = np.asarray(words.str.fullmatch(POINT if self.decimal == "." else COMMA), bool)
        chosen = words[matches] if self.decimal == "." else words[matches].str.replace(",", ".", regex=False)
        with np.errstate(over="ignore"):
            numbers[matches] = np.array(chosen.to_numpy(dtype=object), dtype=np.float64)
        numbers[np.isinf(numbers)] = np.nan
        return numbers

    @cached_property
    def empty_words(self) -> NDArray[np.bool_]:
        """Which words say, in a column of numbers, that there is none."""
        return np.asarray(self.words.isin(EMPTY_NUMBERS), bool)

    @cached_property
    def odd_words(self) -> NDArray[np.intp]:
        """The places of the words that are no finite number, nor say that there is none."""
        return np.flatnonzero(np.isnan(self.values) & ~self.empty_words)

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """How many rows have each word."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    @property
    def values_by_row(self) -> NDArray[np.float64]:
        """The number of each row; NaN where there is none."""
        return np.append(self.values, np.nan)[self.codes]

    @property
    def numbers(self) -> NDArray[np.float32] | None:
        """The cells as numbers, NaN where empty; None where a word is no finite number, or none is one."""
        if len(self.odd_words) or not np.isfinite(self.values).any():
            return None
        return self.values_by_row.astype(np.float32)

    @property
    def no_number(self) -> str | None:
        """A word that is no finite number."""
        return str(self.words[self.odd_words[0]]) if len(self.odd_words) else None

    def word(self, row: int) -> str:
        """The cell at a row; nothing where it is empty."""
        return str(self.words[self.codes[row]]) if self.codes[row] >= 0 else ""

    def row_of(self, word: str | None) -> int:
        """The number of the first row that has a word, or an empty cell for None; there must be one."""
        return int(np.flatnonzero(self.codes == (-1 if word is None else self.words.get_loc(word)))[0])


def raw_column(name: str, cells: Any, missing: Iterable[str] = ()) -> RawColumn:
    """Return a column of text; cells that are empty or among `missing`, also as a number, are -1."""
    codes, words = pd.factorize(cells)
    words = pd.Index(words, dtype=str)
    stripped = words.str.strip()
    spaced = 0
    if len(words) and not (stripped == words).all():
        changed = np.asarray(stripped != words, bool) & np.asarray(stripped != "", bool)
        spaced = int(np.isin(codes, np.flatnonzero(changed)).sum())
        again, words = pd.factorize(stripped)
        codes, words = again[codes], pd.Index(words, dtype=str)
    column = RawColumn(name, codes.astype(np.int32), words, spaced=spaced)
    nothing = {"", *(word.strip() for word in missing)}
    empty = np.asarray(words.isin(list(nothing)), bool)
    numbers = [float(word) for word in nothing if re.fullmatch(POINT, word)]
    if numbers:
        empty |= np.isin(column.values, numbers)
    return column.rows(np.where(empty[codes], -1, np.arange(len(codes)))) if empty.any() else column


def decimal_of(path: Path, columns: Sequence[RawColumn]) -> str:
    """Return the decimal sign of a table; raise `UsageError` where a comma may as well part thousands."""
    points = commas = thousands = 0
    for column in columns:
        words = column.words.astype(str)
        if not len(words):
            continue
        with_comma = np.asarray(words.str.fullmatch(COMMA) & words.str.contains(",", regex=False), bool)
        as_thousands = np.asarray(words.str.fullmatch(THOUSANDS), bool)
        check_points(path, column, words)
        points += int(np.sum(~np.isnan(column.values) & np.asarray(words.str.contains(".", regex=False), bool)))
        commas += int(with_comma.sum())
        thousands += int((with_comma & as_thousands).sum())
    if commas < 3 or commas < 9 * points:
        return "."
    if commas == thousands:
        example = next(word for column in columns for word in column.words if re.fullmatch(THOUSANDS, word))
        raise UsageError(
            f"the table {path} has numbers such as {shown(example)}, whose comma may be a decimal sign or part thousands; "
            "write decimal = ',' or decimal = '.' in the parameters, with no separator of thousands in the table"
        )
    return ","


def check_points(path: Path, column: RawColumn, words: Any) -> None:
    """Raise `UsageError` where a point seems to part thousands: every number with one has three digits after it, and every other has three at most."""
    pointed = np.asarray(words.str.contains(".", regex=False), bool)
    whole = np.asarray(words.str.fullmatch(r"[-+]?[0-9]{1,3}"), bool)
    if pointed.sum() >= 3 and whole.any() and bool((whole | np.asarray(words.str.fullmatch(POINTS), bool)).all()):
        raise UsageError(
            f"the table {path} has numbers such as {shown(str(words[pointed][0]))} and {shown(str(words[whole][0]))} in the column {column.name}, whose point "
            "may be a decimal sign or part thousands; write decimal = '.' in the parameters where it is a decimal sign, or leave out what parts thousands"
        )


def numbered(raw: RawColumn) -> tuple[int, int]:
    """Return how many cells are numbers, and how many are something else."""
    odd = int(raw.counts[raw.odd_words].sum())
    return int(raw.counts.sum()) - odd - int(raw.counts[raw.empty_words].sum()), odd


def is_mixed(raw: RawColumn) -> bool:
    """Return whether a column is one of numbers in which some cells are none: half of its cells, or ten different ones, are numbers."""
    right, odd = numbered(raw)
    return odd > 0 and right > 0 and (right >= odd or int(np.isfinite(raw.values).sum()) >= 10)


def describe_odd(raw: RawColumn) -> str:
    """Say what the words that are no numbers may be."""
    words = [str(word) for word in raw.words[raw.odd_words]]
    if not words:
        return ""
    if any("\u2212" in word or "\u2013" in word for word in words):
        return "a minus sign of typography is none of a number, so write '-'"
    if all(re.fullmatch(THOUSANDS, word) for word in words):
        return "a comma that parts thousands is none of a number"
    if any(re.fullmatch(COMMA, word) for word in words) and raw.decimal == ".":
        return "a decimal comma in some cells and a point in others is certain in neither, so write one sign"
    if any(re.fullmatch(r"[-+]?inf(inity)?", word, re.IGNORECASE) for word in words):
        return "infinity is no amount"
    if all(re.fullmatch(GROUPED, word) for word in words):
        return "what parts thousands is none of a number"
    if all(re.fullmatch(rf"\([{CURRENCY}]?\s*{AMOUNT}\)", word) for word in words):
        return "a number in parentheses may be a negative one, so write '-'"
    if all(WITH_UNIT.fullmatch(word) for word in words):
        return "a unit belongs into the name of the column, and a flag into a column of its own"
    if all(DURATION.fullmatch(word) for word in words):
        return "a time of day or a duration is neither a number nor a name, so write hours, minutes or seconds as a number"
    return ""


def outlying(raw: RawColumn) -> list[int]:
    """Return the places of numbers that stand for 'missing', as -9999, or are very far from all others, as a typo is."""
    places = np.flatnonzero(np.isfinite(raw.values) & (raw.counts > 0))
    places = places[np.argsort(raw.values[places], kind="stable")]
    values = raw.values[places]
    known = np.isin(values, SENTINELS)
    others = values[~known]
    found: list[int] = []
    if len(others) >= 2 and known.any():
        low, high = others[0], others[-1]
        far = (values < low - (high - low)) | (values > high + (high - low))
        found = [int(place) for place in places[known & far]]
        places, values = places[~(known & far)], values[~(known & far)]
    farthest = places[np.argsort(-np.abs(values - np.median(values)), kind="stable")] if len(values) else places
    for count in range(1, MAX_OUTLIERS + 1):
        candidates, rest = farthest[:count], np.sort(raw.values[farthest[count:]])
        if len(np.unique(rest)) < MIN_FOR_OUTLIER:
            break
        distance = np.maximum(rest[0] - raw.values[candidates], raw.values[candidates] - rest[-1])
        if (distance > FAR * (rest[-1] - rest[0])).all() and raw.counts[candidates].sum() <= MAX_OUTLIERS:
            return [*found, *map(int, candidates)]
    return found


def named_cells(raw: RawColumn, places: Sequence[int] | NDArray[np.intp], lines: NDArray[np.int32], row: str) -> str:
    """Name cells and where they are, as in "'?' in line 41"."""
    parts = []
    for place in list(places)[:MAX_ODD]:
        where = lines[np.flatnonzero(raw.codes == place)]
        more = f" and {len(where) - MAX_LINES:,} more" if len(where) > MAX_LINES else ""
        parts.append(f"{shown(str(raw.words[place]))} in {row}{'s' if len(where) > 1 else ''} {', '.join(map(str, where[:MAX_LINES]))}{more}")
    others = len(places) - MAX_ODD
    return "; ".join(parts) + (f"; and {others:,} other cell{'s' if others > 1 else ''}" if others > 0 else "")


def toml_list(words: Iterable[str]) -> str:
    """Return words as a list that can be written into a profile."""
    return "[" + ", ".join(f'"{word}"' if '"' not in word and "\\" not in word else f"'{word}'" for word in words) + "]"
